import { soonDays } from "../../duration.ts";
import { counted, pluralize } from "../../wording.ts";
import { byCredential, type PullSecretItem } from "../items.ts";
import { byNamespace, type Content, expiryTimeOf, type Group, type Html, html, namespaceTable, section } from "./parts.ts";
import { type Lane, timeLine, urgencyOf } from "./time-line.ts";

type Login = PullSecretItem["logins"][number];
type Expiry = Pick<Login, "expiry" | "expiresAt">;

/** The parts of the report's bar, in the order of the tables. */
const parts = [
  { look: "bad", text: "expired" },
  { look: "soon", text: `within ${soonDays} days` },
  { look: "later", text: "later" },
  { look: "unknown", text: "unknown expiry" },
  { look: "never", text: "no expiry" },
] as const;

const lookOf = ({ expiry, expiresAt }: Expiry, now: Date): (typeof parts)[number]["look"] =>
  expiresAt !== null ? urgencyOf(Date.parse(expiresAt), now) : expiry === "never" ? "never" : "unknown";

/** Returns the report of `list`: when credentials expire, then every credential with its copies. */
export function listContent(secrets: readonly PullSecretItem[], now: Date): Content {
  const items = byCredential(secrets);
  const ofLook = (all: readonly PullSecretItem[], look: string) => all.filter((item) => lookOf(item, now) === look);
  const counts = parts.map((part) => ({ ...part, count: ofLook(items, part.look).length }));
  const groups = byNamespace(items).map((group) => ({ ...group, items: parts.flatMap(({ look }) => inOrder(ofLook(group.items, look))) }));
  return {
    title: titleOf(items.length, counts[0]?.count ?? 0, counts[1]?.count ?? 0),
    counts,
    sections: [
      section("Expiry", timeLine(groups.flatMap(lanesOf), now)),
      section(
        "Credentials by namespace",
        groups.map((group) => tableOf(group, now)),
      ),
      section("Who can pull what", accessOf(items)),
    ],
  };
}

const inOrder = (items: readonly PullSecretItem[]) => items.toSorted((a, b) => ((a.expiresAt ?? "") < (b.expiresAt ?? "") ? -1 : 1));

function titleOf(all: number, expired: number, soon: number): string {
  if (all === 0) return "No pull secrets";
  if (expired > 0) return `${expired} of ${counted(all, "credential")} ${pluralize(expired, "has", "have")} expired`;
  if (soon > 0) return `${soon} of ${counted(all, "credential")} ${pluralize(soon, "expires", "expire")} within ${soonDays} days`;
  return `None of ${counted(all, "credential")} expires within ${soonDays} days`;
}

/** Returns the logins of each Secret. */
const lanesOf = ({ id, place, items }: Group<PullSecretItem>): Lane[] =>
  items.map(({ name: secret, logins }) => ({ id, place, secret, logins }));

function tableOf(group: Group<PullSecretItem>, now: Date): Html {
  const { items } = group;
  const first = items[0]?.expiresAt ?? undefined;
  return namespaceTable(group, {
    look: "secrets",
    summary: html`${counted(items.length, "credential")}${first !== undefined && html`, next expiry ${expiryTimeOf(Date.parse(first), now)}`}`,
    columns: ["Secret", "Registry", "Credential", "Expires", "Password from", "Used by"],
    rows: items.map((item) => rowOf(item, now)),
  });
}

/** Returns a table with the repositories of each credential, if any is known. */
function accessOf(items: readonly PullSecretItem[]): Html[] {
  const rows = items.flatMap(({ namespace = "", name, copies = [namespace], file, logins }) => {
    const repositories = logins.flatMap(({ grants }) => grants?.repositories ?? []);
    if (repositories.length === 0) return [];
    return html`<tr><th scope="row"><code>${namespace}/${name}</code></th><td>${[...new Set(repositories)].join(", ")}</td><td>${copies.join(", ")}</td><td>${file && `${file.namespace}/${file.name}`}</td></tr>
`;
  });
  if (rows.length === 0) return [];
  const columns = ["Credential", "Repositories", "Namespaces", "File"].map((column) => html`<th scope="col">${column}</th>`);
  return [
    html`<table><caption class="hidden">Who can pull what</caption>
<thead><tr>${columns}</tr></thead>
<tbody>
${rows}</tbody></table>
`,
  ];
}

const noLogin: Partial<Login> & Expiry = { expiry: "unknown", expiresAt: null };

/** Returns a row for each login. The first has the name of the Secret. */
function rowOf({ name, source, copies = [], logins, serviceAccounts }: PullSecretItem, now: Date): Html {
  const all = logins.length > 0 ? logins : [noLogin];
  const span = all.length > 1 && html` rowspan="${all.length}"`;
  const origin = source ? `copy of ${source.namespace}/${source.name}` : copies.length > 0 && `copies in ${copies.join(", ")}`;
  const about = origin !== false && html` <span class="dim">${origin}</span>`;
  const rows = all.map((login: typeof noLogin, at) => {
    const { registries = [], credential = "", guessed, identity, expiry, expiresAt, createdAt } = login;
    const end = expiresAt === null ? expiry : expiryTimeOf(Date.parse(expiresAt), now);
    const made = createdAt !== undefined && html`<time datetime="${createdAt}">${createdAt.slice(0, 10)}</time>`;
    return html`<tr>${at === 0 && html`<th scope="row"${span}><code>${name}</code>${about}</th>`}<td>${registries.join(", ")}</td><td>${credential}${
      guessed === true && credential !== "" && "?"
    } <span class="dim">${identity}</span></td><td><b class="${lookOf(login, now)}">${end}</b></td><td>${made}</td>${
      at === 0 && html`<td${span}>${serviceAccounts.join(", ")}</td>`
    }</tr>
`;
  });
  return html`${rows}`;
}
