#include "cli/program.h"

int main(int argc, char** argv) { return ropewalk::cli::run_program(argc, argv); }
