/* shim/hooks/export.h - marks the few symbols the program may see; hooks.map lists the same. */
#ifndef PP_HOOKS_EXPORT_H
#define PP_HOOKS_EXPORT_H

#define PP_EXPORT __attribute__((visibility("default")))

#endif
