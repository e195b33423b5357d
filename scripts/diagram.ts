// The diagrams of the pages, each as an SVG for light and dark pages.

type Box = {
  readonly kind: string;
  readonly name: string;
  /** What the verb does with the object: `created`, `changed: …`. */
  readonly effect: string;
  readonly column: number;
  readonly row: number;
};
/** From box to box. `below`: around the boxes between them. */
type Arrow = { readonly from: Box; readonly to: Box; readonly label: string; readonly below?: true };

/** Boxes in rows. Each row is a group with a title. */
type Diagram = {
  readonly title: string;
  readonly groups: readonly string[];
  readonly boxes: readonly Box[];
  readonly arrows: readonly Arrow[];
};

/** The objects that `create` creates and changes. */
function objects(): Diagram {
  const token = { kind: "ACR token", name: "web-acr-myregistry-…", effect: "created", column: 0, row: 0 };
  const scopeMap = { kind: "Scope map", name: "app/web: read", effect: "created", column: 1, row: 0 };
  const repository = { kind: "Repository", name: "app/web", effect: "unchanged", column: 2, row: 0 };
  const secret = { kind: "Secret", name: "acr-myregistry", effect: "created", column: 0, row: 1 };
  const account = { kind: "ServiceAccount", name: "default", effect: "changed: imagePullSecrets", column: 1, row: 1 };
  const pod = { kind: "Pod", name: "web-…", effect: "restarted if it waits for the image", column: 2, row: 1 };
  return {
    title: "The objects that create creates and changes, in Azure and in the cluster",
    groups: ["Azure: registry myregistry", "Kubernetes: namespace web"],
    boxes: [token, scopeMap, repository, secret, account, pod],
    arrows: [
      { from: token, to: scopeMap, label: "limited by" },
      { from: scopeMap, to: repository, label: "can pull" },
      { from: token, to: secret, label: "user name and password" },
      { from: secret, to: account, label: "listed in" },
      { from: account, to: pod, label: "copied to" },
      { from: pod, to: repository, label: "the kubelet pulls" },
    ],
  };
}

/** The exchange of tokens for a pod without a pull secret, and what `secretless create` creates and changes. */
function exchange(): Diagram {
  const provider = { kind: "acr-credential-provider", name: "on each node", effect: "installed by you", column: 0, row: 0 };
  const kubelet = {
    kind: "kubelet",
    name: "pod of ServiceAccount web",
    effect: "created: right to request the token",
    column: 1,
    row: 0,
  };
  const apiServer = { kind: "API server", name: "ServiceAccount web", effect: "changed: two annotations", column: 2, row: 0 };
  const entra = { kind: "Microsoft Entra ID", name: "managed identity", effect: "created: federated credential", column: 0, row: 1 };
  const registry = { kind: "Registry", name: "myregistry.azurecr.io", effect: "created: role of the identity", column: 1, row: 1 };
  const issuer = { kind: "Issuer", name: "https://… with the public keys", effect: "published by you", column: 2, row: 1 };
  return {
    title: "The exchange of tokens for a pod without a pull secret",
    groups: ["Cluster", "Azure, and the web server of the issuer"],
    boxes: [provider, kubelet, apiServer, entra, registry, issuer],
    arrows: [
      { from: apiServer, to: kubelet, label: "1. token" },
      { from: kubelet, to: provider, label: "2. token" },
      { from: provider, to: entra, label: "3. exchanges the token" },
      { from: entra, to: issuer, label: "4. reads the keys", below: true },
      { from: provider, to: registry, label: "5. gets a login" },
      { from: kubelet, to: registry, label: "6. pulls with the login" },
      { from: apiServer, to: issuer, label: "public keys" },
    ],
  };
}

/** Pixels. */
const size = { width: 226, height: 82, columnGap: 92, rowGap: 88, margin: 18, padding: 18, title: 30, below: 34 };

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
const middle = (box: Box) => left(box) + size.width / 2;

/** Returns the SVG. Its background is opaque, so that it is readable on any page. */
function draw({ title, groups, boxes, arrows }: Diagram): string {
  const inner = Math.max(...boxes.map((box) => left(box) + size.width)) + size.padding - size.margin;
  const below = arrows.some((arrow) => arrow.below) ? size.below : 0;
  const height = Math.max(...boxes.map((box) => top(box) + size.height)) + size.padding + size.margin + below;
  const width = inner + 2 * size.margin;
  // An arrow between the rows would cross a title in the middle
  const isCrossed = arrows.some(({ from, to }) => from.row !== to.row && from.column === 1);
  const titleX = width / 2 + (isCrossed ? (size.width + size.columnGap) / 2 : 0);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">\n`,
    `  <title>${title}</title>\n`,
    `  <style>${styles}\n  </style>\n`,
    '  <defs><marker id="head" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">',
    '<path class="head" d="M0 0 8 4 0 8z"/></marker></defs>\n',
    `  <rect class="page" width="${width}" height="${height}" rx="10"/>\n`,
    ...groups.map((group, row) => groupOf(group, row, { width: inner, titleX, below: row === groups.length - 1 ? below : 0 })),
    ...arrows.map(arrowOf),
    ...boxes.map(boxOf),
    "</svg>\n",
  ].join("");
}

/** Returns the diagrams, by their files. */
export const diagrams = (): Readonly<Record<string, string>> => ({
  "docs/images/objects.svg": draw(objects()),
  "docs/images/secretless.svg": draw(exchange()),
});

type Band = { readonly width: number; readonly titleX: number; readonly below: number };

function groupOf(title: string, row: number, { width, titleX, below }: Band): string {
  const y = size.margin + row * (size.title + size.height + size.rowGap);
  const height = size.title + size.height + size.padding + below;
  return (
    `  <rect class="group" x="${size.margin}" y="${y}" width="${width}" height="${height}" rx="8"/>\n` +
    `  <text class="title" x="${titleX}" y="${y + 21}" text-anchor="middle">${title}</text>\n`
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

function arrowOf({ from, to, label, below }: Arrow): string {
  const line = (path: string, place: string) =>
    `  <path class="line" d="M${path}" marker-end="url(#head)"/>\n  <text class="dim" ${place}>${label}</text>\n`;
  const centered = (x: number, y: number) => `x="${x}" y="${y}" text-anchor="middle"`;
  if (below) {
    const y = top(from) + size.height;
    const path = `${middle(from)} ${y}V${y + size.below}H${middle(to)}V${y}`;
    return line(path, centered((middle(from) + middle(to)) / 2, y + size.below - 8));
  }
  if (from.row === to.row) {
    const y = top(from) + size.height / 2;
    const [x, endX] = to.column > from.column ? [left(from) + size.width, left(to)] : [left(from), left(to) + size.width];
    return line(`${x} ${y} ${endX} ${y}`, centered((x + endX) / 2, y - 8));
  }
  // An arrow to another column leaves the middle for the straight ones
  const aside = (Math.sign(to.column - from.column) * size.width) / 4;
  const [x, y, endX, endY] = [middle(from) + aside, edge(from, to), middle(to) - aside, edge(to, from)];
  // A diagonal line would cross a label at half its height
  const down = aside === 0 ? 4 : -6;
  return line(`${x} ${y} ${endX} ${endY}`, `x="${(x + endX) / 2 + 10}" y="${(y + endY) / 2 + down}"`);
}

/** Returns the height of the edge of a box that faces the other one. */
const edge = (box: Box, other: Box) => (other.row > box.row ? top(box) + size.height : top(box));
