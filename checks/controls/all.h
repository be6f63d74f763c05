/* SPDX-License-Identifier: MIT
 *
 * all.h - every control, once: the order of all lists. A new one is a line here
 * and a constant in one of the files beside this one.
 */
#ifndef CHECKS_CONTROLS_ALL_H
#define CHECKS_CONTROLS_ALL_H

#include "checks/control.h"

#define CONTROLS(X)        \
	X(control_ecs_1)   \
	X(control_ecs_3)   \
	X(control_ecs_4)   \
	X(control_ecs_5)   \
	X(control_ecs_8)   \
	X(control_ecs_9)   \
	X(control_ecs_17)  \
	X(control_ecs_20)  \
	X(control_ecs_21)  \
	X(control_cis_3_1) \
	X(control_cis_3_3) \
	X(control_cis_3_4) \
	X(control_cis_3_5) \
	X(control_cis_3_6) \
	X(control_cis_3_7) \
	X(control_tp_1)    \
	X(control_tp_2)    \
	X(control_tp_3)    \
	X(control_tp_4)    \
	X(control_tp_5)    \
	X(control_tp_6)    \
	X(control_tp_7)    \
	X(control_tp_8)    \
	X(control_tp_9)    \
	X(control_tp_10)   \
	X(control_tp_11)   \
	X(control_tp_12)   \
	X(control_tp_13)   \
	X(control_tp_14)   \
	X(control_tp_15)   \
	X(control_tp_16)   \
	X(control_tp_17)   \
	X(control_tp_18)   \
	X(control_tp_19)   \
	X(control_tp_20)

#define X(name) extern const struct control name;
CONTROLS(X)
#undef X

#endif
