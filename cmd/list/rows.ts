import { age, until } from "../../src/duration.ts";
import { byCredential, type PullSecretItem } from "../../src/output/items.ts";
import type { styleFor } from "../../src/output/style.ts";
import { table } from "../../src/output/table.ts";
import { type PlaceDetail, placeColumns } from "../../src/output/words.ts";
import { inLine } from "../../src/wording.ts";

type Columns = {
  readonly where: PlaceDetail;
  readonly headers: boolean;
  readonly now: Date;
  readonly style: ReturnType<typeof styleFor>;
};

/** Returns the table of `list`. With `wide`, one row for each credential. */
export function rows(all: readonly PullSecretItem[], { where, headers, now, style }: Columns, wide: boolean): string {
  const found = wide ? byCredential(all) : all;
  const places = placeColumns(where);
  const hasFiles = wide && found.some(({ file }) => file);
  const hasCopies = wide || found.some(({ source, copies }) => source ?? copies);
  const header = [
    ...places.header,
    "NAME",
    "REGISTRY",
    "CREDENTIAL",
    "EXPIRES",
    "SERVICEACCOUNTS",
    ...(hasCopies ? ["COPIES"] : []),
    "AGE",
    ...(wide ? ["IDENTITY", "GRANTS", "SLOT", "CREATED", "PREVIOUS", "CREATED-BY"] : []),
    ...(hasFiles ? ["FILE"] : []),
  ];
  const cells = found.map((one) => [...places.cells(one), ...cellsOf(one, now, { wide, hasCopies })].slice(0, header.length));
  const paint = (cell: string, _: number, column: number) => (header[column] === "EXPIRES" && cell === "expired" ? style.red(cell) : cell);
  return table(header, cells, { headers, paint });
}

type Login = PullSecretItem["logins"][number];

function cellsOf(item: PullSecretItem, now: Date, { wide, hasCopies }: { readonly wide: boolean; readonly hasCopies: boolean }): string[] {
  const { name, file, logins, serviceAccounts, expiry, expiresAt, creationTimestamp } = item;
  const all = (of: (login: Login) => string | undefined) => inCell([...new Set(logins.flatMap((login) => of(login) || []))], wide);
  const hosts = logins.flatMap(({ registries }) => registries.map(shortHost));
  return [
    name,
    inCell(hosts, wide),
    // A question mark for a guess
    all(({ credential, guessed }) => credential && `${credential}${guessed ? "?" : ""}`),
    expiry === "unknown" ? "<unknown>" : until(expiresAt ?? undefined, now),
    inCell(serviceAccounts, wide),
    ...(hasCopies ? [copiesOf(item, wide)] : []),
    age(creationTimestamp, now),
    all(({ identity }) => identity),
    logins.some(({ grants }) => grants) ? inCell([...new Set(logins.flatMap(grantsOf))], wide) : "<unknown>",
    all(({ slot }) => slot),
    all(({ createdAt }) => createdAt && age(createdAt, now)),
    all(({ previous }) => previous && previousOf(previous, now)),
    all(({ createdBy }) => createdBy),
    file ? `${file.namespace}/${file.name}` : "",
  ];
}

/** Returns the source of a copy, or the namespaces that have a copy. */
function copiesOf({ source, copies = [] }: PullSecretItem, wide: boolean): string {
  if (source) return `copy of ${source.namespace}/${source.name}`;
  return wide ? inLine(copies) : `${copies.length || ""}`;
}

const grantsOf = ({ grants }: Login): readonly string[] =>
  (grants?.repositories ?? []).map((repository) => (grants?.from === "azure" ? repository : `${repository} (recorded)`));

/** Returns the registry's name for a login server of Azure's public cloud, and any other host unchanged. */
const shortHost = (host: string) => host.replace(/^([^.]+)\.azurecr\.io$/, "$1");

function previousOf({ slot = "", until: end }: NonNullable<Login["previous"]>, now: Date): string {
  if (end === undefined) return `${slot} until the next rotation`.trimStart();
  const left = until(end, now);
  return (left === "expired" ? `${slot} is due for deletion` : `${slot} for ${left}`).trimStart();
}

/**
 * The maximum number of names in a cell. For more names, the cell shows how many are omitted, as kubectl does for a Service's endpoints.
 */
const few = 3;

const inCell = (names: readonly string[], wide: boolean) =>
  wide || names.length <= few ? names.join(",") : `${names.slice(0, few - 1)} + ${names.length - few + 1} more...`;
