import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { parsed, refused } from "./parts/testing.ts";
import { xml } from "./xml.ts";

const cases: readonly (readonly [object, string, Record<string, unknown>])[] = [
  [{}, '<event level="info"><user id="7">김</user><path>/a</path><n/><n>2</n></event>', { level: "info", user: { id: "7", text: "김" }, path: "/a", n: ["", "2"] }],
  [{}, '<?xml version="1.0"?> <!-- x --> <a><b> &lt;한&#44032;&amp; </b><c><![CDATA[<raw> & ]]></c></a>', { b: "<한가&", c: "<raw> &" }],
  [{ attribute_prefix: "@", text_key: "#", root_key: "kind" }, '<ns:a x="1"><x>2</x>text <b/>more</ns:a>', { kind: "ns:a", "@x": "1", x: "2", b: "", "#": "text more" }],
  [{}, '<a x="1"><x>2</x></a>', { x: ["1", "2"] }],
  [{}, "<a>just text</a>", { text: "just text" }],
  [{ types: { n: "integer" } }, "<a><n>7</n></a>", { n: 7 }],
  [{}, "\ufeff<a><__proto__>1</__proto__><b><__proto__>2</__proto__></b></a>", JSON.parse('{"__proto__":"1","b":{"__proto__":"2"}}') as Record<string, unknown>],
  [{ max_depth: 2 }, "<a><b>1</b></a>", { b: "1" }],
];
for (const [options, line, record] of cases) {
  test(`${JSON.stringify(options)} ${line}`, async () => {
    const { records } = await parsed(xml, options, `${line}\r\n`);
    assert.deepEqual(records, [record]);
  });
}

test("what is no small well-formed document stays whole, and what comes behind it is parsed", async () => {
  const odd = [
    "",
    "hello",
    "<a>",
    "<a></b>",
    "<a/><b/>",
    "<a/>x",
    "<a x=1/>",
    '<a x="1" x="2"/>',
    "<a>&nbsp;</a>",
    "<a>\0</a>",
    "<a/",
    "<a><![CDATA[x</a>",
    '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]><a>&b;</a>',
    '<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><a>c</a>',
    "<a><b><c><d/></c></b></a>",
    `<a>${"x".repeat(2000)}</a>`,
    `${"<a>".repeat(300)}`,
    "<a></a>",
  ];
  const { records, counts } = await parsed(xml, { max_depth: 3, max_size: 1000 }, odd.map((line) => `${line}\n<a><n>1</n></a>\n`).join(""));
  assert.deepEqual(records, odd.flatMap((message) => [{ message }, { n: "1" }]));
  assert.equal(counts.get("lines_unmatched_total"), odd.length);
});

test("a time in an attribute, and a field of records with line breaks", async () => {
  const { records, times } = await parsed(xml, { key: "xml" }, [{ xml: '<a time="2026-10-10T09:00:00+09:00">\n  <b>1</b>\n</a>\n', from: "p" }]);
  assert.deepEqual(records, [{ from: "p", b: "1" }]);
  assert.deepEqual(times, ["2026-10-10T00:00:00.000Z"]);
});

test("whatever the texts, escaped they come out as they went in", () =>
  fc.assert(
    fc.asyncProperty(fc.array(fc.dictionary(fc.stringMatching(/^[a-z가-힣]{1,6}$/), fc.string({ unit: fc.constantFrom("<", ">", "&", '"', "'", "a", "한", "😀", "]", "-") }), { minKeys: 1, maxKeys: 5 }), { minLength: 1, maxLength: 8 }), async (made) => {
      const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
      const lines = made.flatMap((record) => [`<r>${Object.entries(record).map(([key, value]) => `<${key}>${escaped(value)}</${key}>`).join("")}</r>`, `<r ${Object.entries(record).map(([key, value]) => `${key}="${escaped(value)}"`).join(" ")}/>`]);
      const { records } = await parsed(xml, { time_key: "" }, lines.map((line) => `${line}\n`).join(""));
      assert.deepEqual(records.map((record) => Object.entries(record)), made.flatMap((record) => [Object.entries(record), Object.entries(record)]));
    }),
    { numRuns: 100 },
  ));

test("wrong options are refused where they stand", () => {
  refused(xml, { max_size: "big" }, "max_size", /size/);
  refused(xml, { time_zone: "Mars/Olympus" }, "time_zone", /Mars/);
});
