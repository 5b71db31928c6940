//! Documents of many kinds, and what WireMock 3.13.2 finds in them by XPath.

/// A document, and what expressions find in it. What is refused finds nothing there either.
pub(super) struct Document {
    pub(super) text: &'static str,
    pub(super) namespaces: &'static [(&'static str, &'static str)],
    pub(super) found: &'static [(&'static str, &'static [&'static str])],
}

pub(super) const DOCUMENTS: &[Document] = &[
    Document {
        text: r#"<a x="1" y="two"><b>one</b><b>two<c/></b><d><![CDATA[cd]]></d><e>t1<![CDATA[cd]]>t2</e><!--com--><?pi data?><n>1234.5678</n></a>"#,
        namespaces: &[],
        found: &[
            ("/a/b", &["<b>one</b>\n", "<b>\n  two\n  <c/>\n</b>\n"]),
            ("/a/b/text()", &["one", "two"]),
            ("/a/@x", &["1"]),
            ("//@*", &["1", "two"]),
            ("/a/d/text()", &["[#cdata-section: cd]"]),
            ("/a/e/text()", &["t1"]),
            ("count(/a/b)", &["2"]),
            ("sum(/a/n)", &["1,234.568"]),
            (r#"/a/b[1]="one""#, &["true"]),
            ("/a/zzz", &[]),
            ("count(/a/zzz)", &["0"]),
            ("string(/a/b)", &["one"]),
            ("string(/a/zzz)", &[""]),
            ("/a/comment()", &["[#comment: com]"]),
            ("/a/processing-instruction()", &["[pi: data]"]),
            ("/a/d", &["<d><![CDATA[cd]]></d>\n"]),
            ("/a/e", &["<e>t1<![CDATA[cd]]>t2</e>\n"]),
            ("name(/a/b)", &["b"]),
            ("1 div 0", &["∞"]),
            ("0 div 0", &["NaN"]),
            ("1000000 * 3", &["3,000,000"]),
            ("0.1", &["0.1"]),
            ("0.0005", &["0"]),
            ("0.0015", &["0.002"]),
            ("-1234.5", &["-1,234.5"]),
            ("/a/b |", &[]),
            ("bogus()", &[]),
            ("/x:a", &[]),
            ("$v", &[]),
            ("1.0", &["1"]),
            ("12345678901234567890", &["12,345,678,901,234,567,000"]),
            ("/a/n + 1", &["1,235.568"]),
            ("/a/b[last()]", &["<b>\n  two\n  <c/>\n</b>\n"]),
            ("/a/n/../b[1]", &["<b>one</b>\n"]),
            (r#"id("x")"#, &[]),
            ("/a/b[position()=2]", &["<b>\n  two\n  <c/>\n</b>\n"]),
            ("true()", &["true"]),
            ("/a/pi", &[]),
            ("local-name(/a)", &["a"]),
            ("name(//@y)", &["y"]),
            ("/a/b[2]/c", &["<c/>\n"]),
            ("contains(/a/b,'n')", &["true"]),
            ("/a/b[contains(.,'wo')]", &["<b>\n  two\n  <c/>\n</b>\n"]),
            ("substring('hello',2,3)", &["ell"]),
            ("normalize-space('  a  b ')", &["a b"]),
            ("a/b", &["<b>one</b>\n", "<b>\n  two\n  <c/>\n</b>\n"]),
            ("//b", &["<b>one</b>\n", "<b>\n  two\n  <c/>\n</b>\n"]),
            ("translate('abc','b','x')", &["axc"]),
            ("lang('en')", &["false"]),
            ("concat('a',1.50)", &["a1.5"]),
            ("string(1.5e3)", &[]),
            ("number('abc')", &["NaN"]),
            ("string(0.1+0.2)", &["0.30000000000000004"]),
            (
                "string(1000000000000000000000)",
                &["1000000000000000000000"],
            ),
            ("string(0.00001)", &["0.00001"]),
            ("ceiling(1.2)", &["2"]),
            ("round(-2.5)", &["-2"]),
            ("floor(2.7)", &["2"]),
            ("string-length('abc')", &["3"]),
            ("starts-with('abc','ab')", &["true"]),
            ("substring-before('a-b','-')", &["a"]),
            ("substring-after('a-b','-')", &["b"]),
            ("5 mod 2", &["1"]),
            (
                "//*[local-name()='b']",
                &["<b>one</b>\n", "<b>\n  two\n  <c/>\n</b>\n"],
            ),
            (
                "/a/b[1]/following-sibling::*[1]",
                &["<b>\n  two\n  <c/>\n</b>\n"],
            ),
            ("//b[@x]", &[]),
            ("-/a/n", &["-1,234.568"]),
            ("boolean(/a)", &["true"]),
            ("not(/a)", &["false"]),
            ("/a/b[text()='one']", &["<b>one</b>\n"]),
        ],
    },
    Document {
        text: r#"<soap:Envelope xmlns:soap="http://s"><soap:Body><m:get xmlns:m="http://m" id="1" m:k="2"><m:n> 5 </m:n><m:n>6</m:n></m:get></soap:Body></soap:Envelope>"#,
        namespaces: &[],
        found: &[
            (
                "/Envelope/Body/get/n",
                &["<m:n> 5 </m:n>\n", "<m:n>6</m:n>\n"],
            ),
            ("//n/text()", &[" 5 ", "6"]),
            ("//get/@id", &["1"]),
            ("//get/@k", &["2"]),
            ("//get/@m:k", &[]),
            ("//@*", &["1", "2"]),
            ("name(//n)", &[""]),
            ("namespace-uri(//n)", &[""]),
            ("local-name(//n)", &[""]),
            ("/soap:Envelope", &[]),
            (
                r#"//*[local-name()="n"]"#,
                &["<m:n> 5 </m:n>\n", "<m:n>6</m:n>\n"],
            ),
            ("//m:n", &[]),
            ("//get/attribute::*", &["1", "2"]),
            (
                r#"//*[name()="m:n"]"#,
                &["<m:n> 5 </m:n>\n", "<m:n>6</m:n>\n"],
            ),
            (
                r#"//*[name()="soap:Body"]/*"#,
                &[
                    "<m:get xmlns:m=\"http://m\" id=\"1\" m:k=\"2\">\n  <m:n> 5 </m:n>\n  <m:n>6</m:n>\n</m:get>\n",
                ],
            ),
        ],
    },
    Document {
        text: r#"<soap:Envelope xmlns:soap="http://s"><soap:Body><m:get xmlns:m="http://m" id="1" m:k="2"><m:n> 5 </m:n><m:n>6</m:n></m:get></soap:Body></soap:Envelope>"#,
        namespaces: &[("m", "http://m"), ("s", "http://s")],
        found: &[
            ("/Envelope/Body/get/n", &[]),
            ("//n/text()", &[]),
            ("//get/@id", &[]),
            ("//get/@k", &[]),
            ("//get/@m:k", &[]),
            ("//@*", &["1", "2"]),
            ("name(//n)", &[""]),
            ("namespace-uri(//n)", &[""]),
            ("local-name(//n)", &[""]),
            ("/soap:Envelope", &[]),
            (
                r#"//*[local-name()="n"]"#,
                &[
                    "<m:n xmlns:m=\"http://m\"> 5 </m:n>\n",
                    "<m:n xmlns:m=\"http://m\">6</m:n>\n",
                ],
            ),
            (
                "//m:n",
                &[
                    "<m:n xmlns:m=\"http://m\"> 5 </m:n>\n",
                    "<m:n xmlns:m=\"http://m\">6</m:n>\n",
                ],
            ),
            ("//get/attribute::*", &[]),
            (
                r#"//*[name()="m:n"]"#,
                &[
                    "<m:n xmlns:m=\"http://m\"> 5 </m:n>\n",
                    "<m:n xmlns:m=\"http://m\">6</m:n>\n",
                ],
            ),
            (
                r#"//*[name()="soap:Body"]/*"#,
                &[
                    "<m:get xmlns:m=\"http://m\" id=\"1\" m:k=\"2\">\n  <m:n> 5 </m:n>\n  <m:n>6</m:n>\n</m:get>\n",
                ],
            ),
        ],
    },
    Document {
        text: r#"<soap:Envelope xmlns:soap="http://s"><soap:Body><m:get xmlns:m="http://m" id="1" m:k="2"><m:n> 5 </m:n><m:n>6</m:n></m:get></soap:Body></soap:Envelope>"#,
        namespaces: &[("q", "http://m"), ("s", "http://s")],
        found: &[
            (
                "/s:Envelope/s:Body/q:get/q:n",
                &[
                    "<m:n xmlns:m=\"http://m\"> 5 </m:n>\n",
                    "<m:n xmlns:m=\"http://m\">6</m:n>\n",
                ],
            ),
            ("//q:get/@q:k", &["2"]),
            (
                "//q:get",
                &[
                    "<m:get xmlns:m=\"http://m\" id=\"1\" m:k=\"2\">\n  <m:n> 5 </m:n>\n  <m:n>6</m:n>\n</m:get>\n",
                ],
            ),
            ("//z:n", &[]),
        ],
    },
    Document {
        text: "",
        namespaces: &[],
        found: &[("/*", &[])],
    },
    Document {
        text: "x",
        namespaces: &[],
        found: &[("/*", &[])],
    },
    Document {
        text: "  <a/>",
        namespaces: &[],
        found: &[("/*", &["<a/>\n"]), ("/", &["<a/>\n"])],
    },
    Document {
        text: "<a>",
        namespaces: &[],
        found: &[("/*", &[])],
    },
    Document {
        text: "<x:a/>",
        namespaces: &[],
        found: &[("/*", &["<x:a/>\n"]), ("/", &["<x:a/>\n"])],
    },
    Document {
        text: "\u{feff}<a/>",
        namespaces: &[],
        found: &[("/*", &[])],
    },
    Document {
        text: r#"<?xml version="1.0" encoding="UTF-16"?><a/>"#,
        namespaces: &[],
        found: &[("/*", &["<a/>\n"]), ("/", &["<a/>\n"])],
    },
    Document {
        text: r#"<?xml version="1.1"?><a/>"#,
        namespaces: &[],
        found: &[("/*", &["<a/>\n"]), ("/", &["<a/>\n"])],
    },
    Document {
        text: r#"<!DOCTYPE a [<!ENTITY e "ent">]><a>1&e;2</a>"#,
        namespaces: &[],
        found: &[
            ("/*", &["<a>1ent2</a>\n"]),
            ("/a/text()", &["1ent2"]),
            ("/", &["<a>1ent2</a>\n"]),
        ],
    },
    Document {
        text: "<a>&amp;&lt;&#65;</a>",
        namespaces: &[],
        found: &[
            ("/*", &["<a>&amp;&lt;A</a>\n"]),
            ("/a/text()", &["&<A"]),
            ("/", &["<a>&amp;&lt;A</a>\n"]),
        ],
    },
    Document {
        text: r#"<a b="&quot;&lt;&#10;"/>"#,
        namespaces: &[],
        found: &[
            ("/*", &["<a b=\"&quot;&lt;&#10;\"/>\n"]),
            ("/a/@b", &["\"<\n"]),
            ("/", &["<a b=\"&quot;&lt;&#10;\"/>\n"]),
        ],
    },
    Document {
        text: "<a>\n  <b>\n x\n  </b>\n</a>",
        namespaces: &[],
        found: &[
            ("/*", &["<a>\n    \n  <b>\n x\n  </b>\n  \n</a>\n"]),
            ("/a/text()", &["\n  ", "\n"]),
            ("//b", &["<b>\n x\n  </b>\n"]),
            ("/", &["<a>\n    \n  <b>\n x\n  </b>\n  \n</a>\n"]),
        ],
    },
    Document {
        text: "<a><b/><c></c></a>",
        namespaces: &[],
        found: &[
            ("/*", &["<a>\n  <b/>\n  <c/>\n</a>\n"]),
            ("//b", &["<b/>\n"]),
            ("/", &["<a>\n  <b/>\n  <c/>\n</a>\n"]),
        ],
    },
    Document {
        text: "<a/><b/>",
        namespaces: &[],
        found: &[("/*", &[])],
    },
    Document {
        text: r#"<a xmlns="http://d"><b/></a>"#,
        namespaces: &[],
        found: &[
            ("/*", &["<a xmlns=\"http://d\">\n  <b/>\n</a>\n"]),
            ("//b", &["<b/>\n"]),
            ("/", &["<a xmlns=\"http://d\">\n  <b/>\n</a>\n"]),
        ],
    },
    Document {
        text: "<a>&nbsp;</a>",
        namespaces: &[],
        found: &[("/*", &[])],
    },
    Document {
        text: r#"<a b="1" b="2"/>"#,
        namespaces: &[],
        found: &[("/*", &[])],
    },
    Document {
        text: r#"<p:a xmlns:p="u"><p:b p:x="1"/></p:a>"#,
        namespaces: &[],
        found: &[
            ("/*", &["<p:a xmlns:p=\"u\">\n  <p:b p:x=\"1\"/>\n</p:a>\n"]),
            ("/", &["<p:a xmlns:p=\"u\">\n  <p:b p:x=\"1\"/>\n</p:a>\n"]),
        ],
    },
    Document {
        text: "<!DOCTYPE a><a/>",
        namespaces: &[],
        found: &[("/*", &["<a/>\n"]), ("/", &["<a/>\n"])],
    },
    Document {
        text: "<a>é☃</a>",
        namespaces: &[],
        found: &[
            ("/*", &["<a>é☃</a>\n"]),
            ("/a/text()", &["é☃"]),
            ("/", &["<a>é☃</a>\n"]),
        ],
    },
    Document {
        text: "<a>x<b/>y</a>",
        namespaces: &[],
        found: &[
            ("/*", &["<a>\n  x\n  <b/>\n  y\n</a>\n"]),
            ("/a/text()", &["x", "y"]),
            ("//b", &["<b/>\n"]),
            ("/", &["<a>\n  x\n  <b/>\n  y\n</a>\n"]),
        ],
    },
    Document {
        text: "<a>x\n<b/>\ny</a>",
        namespaces: &[],
        found: &[
            ("/*", &["<a>\n  x\n\n  <b/>\n  y\n</a>\n"]),
            ("/a/text()", &["x\n", "\ny"]),
            ("//b", &["<b/>\n"]),
            ("/", &["<a>\n  x\n\n  <b/>\n  y\n</a>\n"]),
        ],
    },
    Document {
        text: r#"<a>"'&gt;</a>"#,
        namespaces: &[],
        found: &[
            ("/*", &["<a>\"'&gt;</a>\n"]),
            ("/a/text()", &[r#""'>"#]),
            ("/", &["<a>\"'&gt;</a>\n"]),
        ],
    },
    Document {
        text: r#"<a xmlns="http://d"><b/></a>"#,
        namespaces: &[("x", "http://d")],
        found: &[("//x:b", &["<b xmlns=\"http://d\"/>\n"])],
    },
    Document {
        text: r#"<a xmlns="http://d"><b/></a>"#,
        namespaces: &[("x", "u")],
        found: &[
            ("//x:b", &[]),
            ("/*", &["<a xmlns=\"http://d\">\n  <b/>\n</a>\n"]),
        ],
    },
    Document {
        text: r#"<p:a xmlns:p="u"><p:b p:x="1"/></p:a>"#,
        namespaces: &[("x", "http://d")],
        found: &[("//x:b", &[])],
    },
    Document {
        text: r#"<p:a xmlns:p="u"><p:b p:x="1"/></p:a>"#,
        namespaces: &[("x", "u")],
        found: &[
            ("//x:b", &["<p:b xmlns:p=\"u\" p:x=\"1\"/>\n"]),
            ("/*", &["<p:a xmlns:p=\"u\">\n  <p:b p:x=\"1\"/>\n</p:a>\n"]),
        ],
    },
];
