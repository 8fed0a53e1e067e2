# SPDX-License-Identifier: MIT
"""Guests that others have made, from their packages to files to boot.

debian     packages, downloaded and unpacked
newc       the archive format of an initramfs
initramfs  busybox and a way to a shell, or through checks to power-off
"""
