import type { Step } from "../sandbox/transcript.ts";

const size = { letter: 8.4, line: 19, margin: 20, bar: 34 };

/** The commands of the tour that its picture shows: the job itself, without what surrounds it. */
const shown = /^kubectl acr-secret (create|check|list)/;

/** Lines of a terminal, each of colored pieces. */
type Line = readonly { readonly text: string; readonly color: string }[];

const colors = { prompt: "#7ee787", typed: "#f0f6fc", printed: "#b7bfc9", good: "#7ee787", bad: "#ff7b72" };

/** A page's session as a terminal in SVG: each command once, up to the one that finds nothing to do. */
export function picture(steps: readonly Step[]): string {
  const lines = steps
    .filter(({ command, quiet }) => !quiet && shown.test(command))
    .slice(0, 4)
    .flatMap(({ command, prints }): Line[] => [
      [
        { text: "$ ", color: colors.prompt },
        { text: command, color: colors.typed },
      ],
      ...prints.split("\n").map((line) => pieces(example(line))),
      [],
    ])
    .slice(0, -1);
  const columns = Math.max(...lines.map((line) => line.reduce((sum, { text }) => sum + text.length, 0)));
  const width = Math.ceil(columns * size.letter + 2 * size.margin);
  const height = size.bar + lines.length * size.line + size.margin;
  const dots = ["#ff5f57", "#febc2e", "#28c840"].map(
    (fill, at) => `  <circle cx="${size.margin + 4 + at * 20}" cy="17" r="6" fill="${fill}"/>\n`,
  );
  const rows = lines.map((line, at) => row(line, size.bar + (at + 0.8) * size.line));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">\n`,
    "  <title>From an image that cannot be pulled to one that can</title>\n",
    `  <rect width="${width}" height="${height}" rx="10" fill="#0d1117"/>\n`,
    ...dots,
    '  <g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="14">\n',
    ...rows,
    "  </g>\n</svg>\n",
  ].join("");
}

/** `...` stands for any text in a page; a picture shows some. */
function example(line: string): string {
  return line
    .replace(/(?<=acr-myregistry-)\.\.\./, "0d42d8ae0c")
    .replace(/(?<=web-)\.\.\./, "5d964ddb95-6lsjn")
    .replace("...s", "12s");
}

function pieces(line: string): Line {
  const [, before = line, word = "", after = ""] = /^(.* )(pulls|no credential|created|patched|restarted)( \(.*\))?$/.exec(line) ?? [];
  return [
    { text: before, color: colors.printed },
    { text: word, color: word === "no credential" ? colors.bad : colors.good },
    { text: after, color: colors.printed },
  ];
}

function row(line: Line, y: number): string {
  const spans = line.filter(({ text }) => text !== "").map(({ text, color }) => `<tspan fill="${color}">${xml(text)}</tspan>`);
  // With a length of its own a line is as wide in every font
  const length = line.reduce((sum, { text }) => sum + text.length, 0) * size.letter;
  return spans.length === 0
    ? ""
    : `    <text x="${size.margin}" y="${y.toFixed(1)}" textLength="${length.toFixed(1)}">${spans.join("")}</text>\n`;
}

/** Spaces become no-break spaces, which every reader of SVG keeps. */
const xml = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll(" ", "\u00a0");
