import { floors } from "../../test/support/architecture.ts";

/** The picture of docs/architecture.md, as a file of the documentation. */
export const floorsImage = "docs/images/floors.svg";

/** What a floor is for, from the top. */
const words = [
  "flags, help, options, the process",
  "one file per verb; one per printed result",
  "the checks of doctor",
  "lists of pull secrets; credentials",
  "what is in a namespace, and pure plans",
  "pure: causes and verdicts; the bytes of a Secret",
  "the kubelet's rules; registries; Azure",
  "the API server; HTTP; the rest",
];

const [width, row, left, box] = [934, 52, 280, { width: 150, height: 32, gap: 12 }] as const;

/** Draws the floors of the folders. A folder imports only folders of lower floors. */
export function floorsPicture(): string {
  const height = floors.length * row + 24;
  const rows = floors.map((folders, at) => {
    const top = 12 + at * row;
    const boxes = folders.map((name, nth) => folder(name === "src" ? "src/*.ts" : name, left + nth * (box.width + box.gap), top + 10));
    return `  <rect class="floor" x="12" y="${top + 2}" width="${width - 24}" height="${row - 6}" rx="6"/>
  <text class="dim" x="24" y="${top + 30}">${words[at] ?? ""}</text>
${boxes.join("\n")}`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">
  <title>The folders of the sources on floors: a folder imports only folders of lower floors</title>
  <style>
    .page { fill: #ffffff } .floor { fill: #f6f8fa; stroke: #d0d7de } .box { fill: #ffffff; stroke: #57606a }
    text { fill: #1f2328; font: 14px system-ui, "Segoe UI", Helvetica, Arial, sans-serif } .dim { fill: #57606a; font-size: 12px }
    @media (prefers-color-scheme: dark) {
      .page { fill: #0d1117 } .floor { fill: #161b22; stroke: #30363d } .box { fill: #0d1117; stroke: #8b949e }
      text { fill: #e6edf3 } .dim { fill: #9da7b3 }
    }
  </style>
  <rect class="page" width="${width}" height="${height}" rx="10"/>
${rows.join("\n")}
</svg>
`;
}

const folder = (name: string, x: number, y: number) =>
  `  <rect class="box" x="${x}" y="${y}" width="${box.width}" height="${box.height}" rx="5"/>
  <text x="${x + box.width / 2}" y="${y + 21}" text-anchor="middle">${name}</text>`;
