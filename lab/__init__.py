# SPDX-License-Identifier: MIT
"""A local ECS task: real containers by runc, dressed as Docker dresses them."""
