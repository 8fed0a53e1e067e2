# SPDX-License-Identifier: MIT
"""The command line."""
import argparse
import os
import sys

from . import code, compare, export, names, page, stats, table
from .source import Log, Trouble
from .symbols import Symbols

ABOUT = """\
Read a serial log of Trivet's, or a binary trace, and tell where its exits
went: by default as tables. FILE may be - for standard input.
"""
MORE = """\
examples:
  trivet-log serial.log                            tables
  trivet-log --symbols vmlinux serial.log          with the guest's names
  trivet-log --html -o exits.html trace.bin        a page with charts
  trivet-log --perfetto -o exits.json trace.bin    for ui.perfetto.dev
  trivet-log --flame serial.log | flamegraph.pl    for a flame graph
  trivet-log --code --symbols vmlinux serial.log   where the guest stopped
  trivet-log diff good.log bad.log                 the first exit that differs

A damaged part of FILE costs one line on standard error, with its number; the
rest is read, and the status stays 0. Status 2: nothing could be done.
The formats are in docs/trace-format.md. `trivet-log diff --help` has more.
"""
DIFF = """\
Compare two traces, vCPU by vCPU, up to the first exit that differs.
Times are not compared, unless --times is given.
"""
DIFF_MORE = """\
Status 0: the same. 1: they differ. 2: nothing could be done.
An interrupt comes when it comes: --skip EXTERNAL_INTERRUPT --ignore n
compares two runs on a real computer better.
"""


def number(text):
    """0x10 or 16, above 0."""
    value = int(text, 0)
    if value <= 0:
        raise ValueError
    return value


def words(text):
    """a,b,c"""
    return [word for word in text.split(",") if word]


def add_common(parser):
    """What both commands take."""
    parser.add_argument("-o", "--output", metavar="FILE",
                        help="write to FILE, not to standard output")
    parser.add_argument("--run", type=number, default=1, metavar="N",
                        help="of a log with several runs, the N-th (1)")
    parser.add_argument("--warnings", type=int, default=50, metavar="N",
                        help="print so many warnings, count the rest "
                        "(%(default)s)")


def parse(args):
    """The options of the main command."""
    parser = argparse.ArgumentParser(
        prog="trivet-log", description=ABOUT, epilog=MORE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage="trivet-log [OPTION]... FILE\n"
        "       trivet-log diff [OPTION]... A B")
    parser.add_argument("file", metavar="FILE",
                        help="a serial log or a binary trace")
    kinds = parser.add_mutually_exclusive_group()
    for kind, text in (
            ("html", "one page with charts; it needs no other file"),
            ("perfetto", "JSON that ui.perfetto.dev opens"),
            ("csv", "a row an exit"),
            ("flame", "folded stacks: vm;vcpu;reason;symbol count"),
            ("code", "the code of state dumps as instructions (objdump)"),
            ("text", "the records alone, as lines of the log"),
            ("binary", "the records alone, as a binary trace")):
        kinds.add_argument(f"--{kind}", action="store_const", dest="kind",
                           const=kind, help=text)
    add_common(parser)
    parser.add_argument("--symbols", action="append", default=[],
                        metavar="FILE[@OFFSET]",
                        help="names of guest addresses: an ELF file or a "
                        "System.map; OFFSET is added to its addresses; may "
                        "be given again")
    parser.add_argument("--tsc-hz", type=number, metavar="N",
                        help="ticks in a second, if the file does not tell")
    parser.add_argument("--top", type=number, default=5, metavar="N",
                        help="addresses for each reason (%(default)s)")
    parser.add_argument("--weigh", choices=("exits", "ticks"),
                        default="exits",
                        help="what --flame counts (%(default)s)")
    return parser.parse_args(args)


def parse_diff(args):
    """The options of diff."""
    parser = argparse.ArgumentParser(
        prog="trivet-log diff", description=DIFF, epilog=DIFF_MORE,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", metavar="FILE", nargs=2)
    add_common(parser)
    parser.add_argument("--context", type=int, default=3, metavar="N",
                        help="exits shown before and after (%(default)s)")
    parser.add_argument("--times", action="store_true",
                        help="compare in and out too")
    parser.add_argument("--ignore", type=words, default=[], metavar="FIELD,...",
                        help="do not compare these: "
                        + " ".join(compare.choose_fields(True, [])))
    parser.add_argument("--skip", type=words, default=[], metavar="REASON,...",
                        help="leave out exits of these reasons; n is then "
                        "not compared")
    return parser.parse_args(args)


class Output:
    """Standard output, or a file that is there only once it is whole."""

    def __init__(self, path, inputs, binary=False):
        self.path = self.new = path
        if not path:
            if hasattr(sys.stdout, "reconfigure"):
                sys.stdout.reconfigure(encoding="utf-8")
            self.file = sys.stdout.buffer if binary else sys.stdout
            return
        if os.path.isfile(path):
            if any(os.path.exists(name) and os.path.samefile(name, path)
                   for name in inputs):
                raise Trouble(f"{path}: is what is read: choose another -o")
        if os.path.isfile(path) or not os.path.exists(path):
            # A device or a pipe is written as it is; so is a link's end.
            self.path = os.path.realpath(path)
            self.new = self.path + ".new"
        mode = {} if binary else {"encoding": "utf-8", "newline": "\n"}
        # pylint: disable=consider-using-with,unspecified-encoding
        self.file = open(self.new, "wb" if binary else "w", **mode)

    def __enter__(self):
        return self.file

    def __exit__(self, kind, error, trace):
        if not self.path:
            self.file.flush()
            return
        self.file.close()
        if self.new == self.path:
            return
        if kind:
            os.unlink(self.new)
        else:
            os.replace(self.new, self.path)


def write_code(log, out, symbols):
    """The code: lines; all of the log is read for them."""
    for _ in log.exits():
        pass
    for line in code.render(log.facts.codes, symbols):
        out.write(line + "\n")
    if not log.facts.codes:
        log.report.note("no code: line in it: only a dump of a state has one")


def write(args, log, out, symbols):
    """What was asked for."""
    if args.kind == "csv":
        export.write_csv(log, out, symbols)
    elif args.kind == "flame":
        export.write_flame(log, out, symbols, args.weigh)
    elif args.kind == "perfetto":
        export.Perfetto(log, out, symbols).write()
    elif args.kind == "text":
        export.write_text(log, out)
    elif args.kind == "binary":
        export.write_binary(log, out)
    elif args.kind == "code":
        write_code(log, out, symbols)
    else:
        gathered = stats.gather(log)
        if args.kind == "html":
            out.write(page.Page(log, gathered, symbols, args.top).render())
        else:
            for line in table.render(log, gathered, symbols, args.top):
                out.write(line + "\n")


def show(args):
    """The main command."""
    symbols = Symbols()
    for path in args.symbols:
        symbols.add(path)
    log = Log(args.file, args.run, args.tsc_hz, args.warnings)
    try:
        with Output(args.output, [args.file], args.kind == "binary") as out:
            write(args, log, out, symbols)
    finally:
        log.close()
    if args.kind not in (None, "html", "code") and not log.facts.exits:
        print(f"trivet-log: {log.name}: no exits in it: give Trivet trace=",
              file=sys.stderr)
    return 0


def diff(args):
    """trivet-log diff A B"""
    unknown = [name for name in args.skip if name not in names.REASONS]
    if unknown:
        raise Trouble(f"--skip {unknown[0]}: no such exit reason")
    try:
        fields = compare.choose_fields(
            args.times, args.ignore + (["n"] if args.skip else []))
    except ValueError as error:
        raise Trouble(f"--ignore {error}") from error
    # No time is shown in another unit than ticks: any rate will do.
    logs = [Log(path, args.run, tsc_hz=1, limit=args.warnings)
            for path in args.files]
    try:
        sides = [compare.Side(log, args.skip) for log in logs]
        lines, differs = compare.Compare(sides, fields, args.context).run()
        with Output(args.output, args.files) as out:
            out.write("\n".join(lines) + "\n")
    finally:
        for log in logs:
            log.close()
    return 1 if differs else 0


def main(args):
    """Status: 0 done, 1 diff found a difference, 2 nothing could be done."""
    try:
        if args[:1] == ["diff"]:
            return diff(parse_diff(args[1:]))
        return show(parse(args))
    except Trouble as trouble:
        print(f"trivet-log: {trouble}", file=sys.stderr)
    except BrokenPipeError:
        # Who reads has enough; Python would complain again at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 0
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        print(f"trivet-log: {where}{error.strerror}", file=sys.stderr)
    except KeyboardInterrupt:
        return 130
    return 2
