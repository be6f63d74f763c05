int checks_placeholder(void); int checks_placeholder(void) { return 0; }
