# SPDX-License-Identifier: MIT
#
# Nobody types.
:
