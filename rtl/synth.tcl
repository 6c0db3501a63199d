# SPDX-License-Identifier: Apache-2.0
#
# FuseSoC's target synth. Yosys' own frontend does not read packages imported in a module's header,
# so the files go to slang (https://github.com/povik/yosys-slang, part of OSS CAD Suite).
# edalize_yosys_procs.tcl lists them, as calls of read_verilog, and names top and output.

yosys -import
set sources {}
set options {}
proc read_verilog {args} { lappend ::sources [lindex $args end] }
proc verilog_defaults {add args} { lappend ::options {*}$args }
proc verilog_defines {macro} { lappend ::options $macro }
source edalize_yosys_procs.tcl
set_defines
set_incdirs
read_files

yosys plugin -i slang
yosys read_slang -DSYNTHESIS --top $top {*}$options {*}$sources
synth $top
yosys write_json $name.json
