/* Python's interpreter as a program that is linked with a sanitizer's runtime: not every runtime can be preloaded. */
#include <Python.h>

int main(int argc, char **argv) { return Py_BytesMain(argc, argv); }
