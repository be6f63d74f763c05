int probe_placeholder(void); int probe_placeholder(void) { return 0; }
