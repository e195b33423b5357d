// The diagram of the objects that `create` creates and changes, as an SVG for light and dark pages.

type Box = {
  readonly kind: string;
  readonly name: string;
  /** What `create` does with the object. */
  readonly effect: string;
  readonly column: number;
  readonly row: number;
};
type Arrow = { readonly from: Box; readonly to: Box; readonly label: string };

const token = { kind: "ACR token", name: "web-acr-myregistry-…", effect: "created", column: 0, row: 0 };
const scopeMap = { kind: "Scope map", name: "app/web: read", effect: "created", column: 1, row: 0 };
const repository = { kind: "Repository", name: "app/web", effect: "unchanged", column: 2, row: 0 };
const secret = { kind: "Secret", name: "acr-myregistry", effect: "created", column: 0, row: 1 };
const account = { kind: "ServiceAccount", name: "default", effect: "changed: imagePullSecrets", column: 1, row: 1 };
const pod = { kind: "Pod", name: "web-…", effect: "restarted if it waits for the image", column: 2, row: 1 };
const boxes: readonly Box[] = [token, scopeMap, repository, secret, account, pod];

const groups = ["Azure: registry myregistry", "Kubernetes: namespace web"];

const arrows: readonly Arrow[] = [
  { from: token, to: scopeMap, label: "limited by" },
  { from: scopeMap, to: repository, label: "can pull" },
  { from: token, to: secret, label: "user name and password" },
  { from: secret, to: account, label: "listed in" },
  { from: account, to: pod, label: "copied to" },
  { from: pod, to: repository, label: "the kubelet pulls" },
];

/** Pixels. */
const size = { width: 226, height: 82, columnGap: 92, rowGap: 88, margin: 18, padding: 18, title: 30 };

const styles = `
    .page { fill: #ffffff } .group { fill: #f6f8fa; stroke: #d0d7de } .box { fill: #ffffff; stroke: #57606a }
    .created { stroke: #0969da; stroke-width: 2 } .changed { stroke: #9a6700; stroke-width: 2 }
    text { fill: #1f2328; font: 14px system-ui, "Segoe UI", Helvetica, Arial, sans-serif } .kind, .title { font-weight: 600 }
    .dim { fill: #57606a; font-size: 12px } .line { stroke: #57606a; stroke-width: 1.5; fill: none } .head { fill: #57606a }
    @media (prefers-color-scheme: dark) {
      .page { fill: #0d1117 } .group { fill: #161b22; stroke: #30363d } .box { fill: #0d1117; stroke: #8b949e }
      .created { stroke: #58a6ff } .changed { stroke: #d29922 } text { fill: #e6edf3 }
      .dim { fill: #9da7b3 } .line { stroke: #9da7b3 } .head { fill: #9da7b3 }
    }`;

const left = ({ column }: Box) => size.margin + size.padding + column * (size.width + size.columnGap);
const top = ({ row }: Box) => size.margin + size.title + row * (size.title + size.height + size.rowGap);

/** Returns the SVG. Its background is opaque, so that it is readable on any page. */
export function diagram(): string {
  const inner = Math.max(...boxes.map((box) => left(box) + size.width)) + size.padding - size.margin;
  const height = Math.max(...boxes.map((box) => top(box) + size.height)) + size.padding + size.margin;
  const width = inner + 2 * size.margin;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">\n`,
    "  <title>The objects that create creates and changes, in Azure and in the cluster</title>\n",
    `  <style>${styles}\n  </style>\n`,
    '  <defs><marker id="head" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">',
    '<path class="head" d="M0 0 8 4 0 8z"/></marker></defs>\n',
    `  <rect class="page" width="${width}" height="${height}" rx="10"/>\n`,
    ...groups.map((title, row) => groupOf(title, row, inner)),
    ...arrows.map(arrowOf),
    ...boxes.map(boxOf),
    "</svg>\n",
  ].join("");
}

function groupOf(title: string, row: number, width: number): string {
  const y = size.margin + row * (size.title + size.height + size.rowGap);
  const height = size.title + size.height + size.padding;
  return (
    `  <rect class="group" x="${size.margin}" y="${y}" width="${width}" height="${height}" rx="8"/>\n` +
    `  <text class="title" x="${size.margin + width / 2}" y="${y + 21}" text-anchor="middle">${title}</text>\n`
  );
}

function boxOf(box: Box): string {
  const [x, y] = [left(box), top(box)];
  const text = (line: string, look: string, down: number) => `  <text class="${look}" x="${x + 14}" y="${y + down}">${line}</text>\n`;
  return (
    `  <rect class="box ${box.effect.split(/\W/)[0]}" x="${x}" y="${y}" width="${size.width}" height="${size.height}" rx="6"/>\n` +
    text(box.kind, "kind", 25) +
    text(box.name, "name", 46) +
    text(box.effect, "dim", 67)
  );
}

function arrowOf({ from, to, label }: Arrow): string {
  const isLevel = from.row === to.row;
  const [x, y] = isLevel ? [left(from) + size.width, top(from) + size.height / 2] : [left(from) + size.width / 2, edge(from, to)];
  const [endX, endY] = isLevel ? [left(to), y] : [x, edge(to, from)];
  const place = isLevel ? `x="${(x + endX) / 2}" y="${y - 8}" text-anchor="middle"` : `x="${x + 10}" y="${(y + endY) / 2 + 4}"`;
  return `  <path class="line" d="M${x} ${y} ${endX} ${endY}" marker-end="url(#head)"/>\n  <text class="dim" ${place}>${label}</text>\n`;
}

/** Returns the height of the edge of a box that faces the other one. */
const edge = (box: Box, other: Box) => (other.row > box.row ? top(box) + size.height : top(box));
