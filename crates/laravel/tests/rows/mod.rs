//! Files, with the rule of phpdotenv 5 that each shows.

/// What a file comes to: its variables in the order of their names, or the line that is refused, with a word of the
/// reason.
pub(crate) enum Expected {
    Variables(&'static [(&'static str, &'static str)]),
    Refused(usize, &'static str),
}

use Expected::{Refused, Variables};

/// The rule, the file, what it comes to in a process with [`PROCESS`].
pub(crate) type Row = (&'static str, &'static [u8], Expected);

pub(crate) const PROCESS: [(&str, &str); 2] = [("OUTER", "process"), ("OUTER_EMPTY", "")];

pub(crate) const ROWS: &[Row] = &[
    // Splitting into entries: Parser/Parser.php and Parser/Lines.php.
    (
        "LF, CR and CRLF end a line",
        b"A=1\nB=2\rC=3\r\nD=4",
        Variables(&[("A", "1"), ("B", "2"), ("C", "3"), ("D", "4")]),
    ),
    ("comments and blank lines are skipped", b"\n \t\n# A=1\n\t#B=2\nC=3\n", Variables(&[("C", "3")])),
    ("a byte order mark is skipped", b"\xEF\xBB\xBFA=1", Variables(&[("A", "1")])),
    ("bytes that are no UTF-8 become ?", b"A=\xFF\xE2\x82x\nB=1", Variables(&[("A", "??x"), ("B", "1")])),
    (
        "a value in double quotes may have many lines",
        b"A=\"1\n2 # 2\n\n3\"\nB=1",
        Variables(&[("A", "1\n2 # 2\n\n3"), ("B", "1")]),
    ),
    ("its lines end with LF, whatever the file has", b"A=\"1\r\n2\r3\"", Variables(&[("A", "1\n2\n3")])),
    ("a quote alone on its line ends it", b"A=\"1\n\"\nB=1", Variables(&[("A", "1\n"), ("B", "1")])),
    ("a quote at the beginning of a longer line does not", b"A=\"1\n\" # c\nB=1", Variables(&[])),
    ("an escaped quote does not end it", b"A=\"1\n2\\\"\n3\"", Variables(&[("A", "1\n2\"\n3")])),
    (
        "an escaped backslash before a quote does not escape it",
        b"A=\"1\\\\\"\nB=1",
        Variables(&[("A", "1\\"), ("B", "1")]),
    ),
    ("a quote that never closes takes the rest with it", b"A=1\nB=\"open\nC=1", Variables(&[("A", "1")])),
    ("=\" opens one in the middle of a value too", b"A=1\nB=x=\"\nC=1", Variables(&[("A", "1")])),
    ("=\" opens one in a comment too", b"# A=\"x\nB=2\nC=\"3\"\nD=4", Variables(&[("D", "4")])),
    ("with a space before it, a quote opens no further line", b"A= \"1\n2\"", Refused(1, "quote")),
    ("a single quote opens no further line", b"A='1\n2'", Refused(1, "quote")),
    ("the line of a refused entry is its first", b"A=1\n\nB=\"1\n2\nC=\"3\"", Refused(3, "follow")),
    // Names: splitStringIntoParts and parseName.
    ("white space around name and value is trimmed", b"  A\t = 1 \x0B\0", Variables(&[("A", "1")])),
    ("the first = ends the name", b"A==1=", Variables(&[("A", "=1=")])),
    ("a name must be there", b"A=1\n =1", Refused(2, "no name")),
    ("a name is of letters, digits, _ and .", b"a.B_9=1\n9=2", Variables(&[("9", "2"), ("a.B_9", "1")])),
    ("a name has no space", b"A B=1", Refused(1, "name")),
    ("a name has no -", b"A-B=1", Refused(1, "name")),
    ("a name has no letters beyond ASCII", "Ä=1".as_bytes(), Refused(1, "name")),
    ("a name may be quoted", b"\"A\"=1\n'B'=2", Variables(&[("A", "1"), ("B", "2")])),
    (
        "export is skipped",
        b"export AB=1\nexport \t CD=2\nexport\tEF=3",
        Variables(&[("AB", "1"), ("CD", "2"), ("EF", "3")]),
    ),
    ("export is skipped before a quoted name", b"export 'A'=1", Variables(&[("A", "1")])),
    ("export with a name of one letter is refused", b"export A=1", Refused(1, "name")),
    ("export may be a name", b"export=1\nexported=2", Variables(&[("export", "1"), ("exported", "2")])),
    ("a name without = is accepted", b"FOO\nA=1", Variables(&[("A", "1")])),
    ("a name without = is not trimmed", b"FOO \nA=1", Refused(1, "name")),
    // Values without quotes: INITIAL_STATE, UNQUOTED_STATE, WHITESPACE_STATE, COMMENT_STATE.
    (
        "$ is a letter like any other",
        b"A=pa$word\nB=$a6^C7k\nC=$",
        Variables(&[("A", "pa$word"), ("B", "$a6^C7k"), ("C", "$")]),
    ),
    (
        "# ends an unquoted value wherever it stands",
        b"A=abc#def\nB=#\nC=x # y z",
        Variables(&[("A", "abc"), ("B", ""), ("C", "x")]),
    ),
    (
        "a backslash is a letter",
        b"A=App\\Models\\User\nB=a\\n",
        Variables(&[("A", "App\\Models\\User"), ("B", "a\\n")]),
    ),
    ("a quote in the middle is a letter", b"A=Joe's\nB=x\"y\"", Variables(&[("A", "Joe's"), ("B", "x\"y\"")])),
    ("two words are refused", b"A=My Shop", Refused(1, "follow")),
    ("an escaped space is a space", b"A=My\\ Shop", Refused(1, "follow")),
    ("no value is an empty value", b"A=\nB= \t", Variables(&[("A", ""), ("B", "")])),
    ("a form feed is not trimmed, and begins a value", b"A=\x0C x\nB=x\x0C", Variables(&[("A", "\x0C x"), ("B", "x")])),
    // Values in quotes: SINGLE_QUOTED_STATE, DOUBLE_QUOTED_STATE, ESCAPE_SEQUENCE_STATE.
    ("quotes keep # and spaces", b"A=\"a # b\"\nB=' #'", Variables(&[("A", "a # b"), ("B", " #")])),
    ("a comment may follow them", b"A=\"a\"#b\nB='b' # c d", Variables(&[("A", "a"), ("B", "b")])),
    ("nothing else may", b"A=\"a\" b", Refused(1, "follow")),
    ("single quotes know no escape", b"A='a\\\\b\\n'", Variables(&[("A", "a\\\\b\\n")])),
    ("so none of them can be in such a value", b"A='it\\'s'", Refused(1, "follow")),
    ("double quotes do", b"A=\"\\\"\\\\\\$\\f\\n\\r\\t\\v\"", Variables(&[("A", "\"\\$\x0C\n\r\t\x0B")])),
    ("they know no other", b"A=\"App\\Models\"", Refused(1, "backslash")),
    ("not even at the end of a line", b"A=\"a\\\nb\"", Refused(1, "backslash")),
    ("a quote of the other kind closes nothing", b"A='x\"", Refused(1, "quote")),
    // `${NAME}`: Loader/Resolver.php.
    (
        "${NAME} is resolved without and in double quotes",
        b"A=1\nB=${A}x\nC=\"y${A}\"",
        Variables(&[("A", "1"), ("B", "1x"), ("C", "y1")]),
    ),
    ("never in single quotes", b"A=1\nB='${A}'", Variables(&[("A", "1"), ("B", "${A}")])),
    ("nor where $ is escaped", b"A=1\nB=\"\\${A}\"", Variables(&[("A", "1"), ("B", "${A}")])),
    (
        "an unknown variable stays as it is",
        b"A=\"a${NONE}b\"\nB=${NONE}",
        Variables(&[("A", "a${NONE}b"), ("B", "${NONE}")]),
    ),
    ("an empty one is known", b"A=\nB=x${A}${OUTER_EMPTY}y", Variables(&[("A", ""), ("B", "xy")])),
    ("a variable is known behind its line", b"A=${B}\nB=1", Variables(&[("A", "${B}"), ("B", "1")])),
    (
        "without braces nothing is resolved",
        b"A=1\nB=$A${A\nC=${}",
        Variables(&[("A", "1"), ("B", "$A${A"), ("C", "${}")]),
    ),
    (
        "what was put in is not resolved again",
        b"A='${OUTER}'\nB=${A}",
        Variables(&[("A", "${OUTER}"), ("B", "${OUTER}")]),
    ),
    (
        "the last one is resolved first",
        b"A=X\nBX=hit\nC=${B${A}}",
        Variables(&[("A", "X"), ("BX", "hit"), ("C", "hit")]),
    ),
    // Repository/Adapter/ImmutableWriter.php
    ("the process has the word over the file", b"A=${OUTER}", Variables(&[("A", "process")])),
    ("even where the file sets the same before", b"OUTER=file\nA=${OUTER}", Variables(&[("A", "process")])),
    ("the last line with a name counts", b"A=1\nB=${A}\nA=2", Variables(&[("A", "2"), ("B", "1")])),
    ("a name alone takes back what the file has set", b"A=1\nA\nB=${A}", Variables(&[("B", "${A}")])),
    ("and can be set again", b"A=1\nA\nA=2", Variables(&[("A", "2")])),
    ("but not what the process has set", b"OUTER\nA=${OUTER}", Variables(&[("A", "process")])),
];
