import type { Report } from "./format.ts";
import { type Item, imageUsers } from "./items.ts";
import { printable } from "./printable.ts";

type Labels = Readonly<Record<string, string | undefined>>;
type Sample = { readonly labels: Labels; readonly value: number };

/**
 * Formats a report for Prometheus (OpenMetrics 1.0). The text format of the node exporter and the Pushgateway accepts it too, because all metrics are gauges
 * without timestamps. The verb is a label: the files of several verbs can be in one folder.
 */
export function openmetrics(items: readonly Item[], { now, verb }: Pick<Report, "now" | "verb">): string {
  const errors = items.filter(({ kind }) => kind === "Error").length;
  const ofRun = (value: number) => [{ labels: { command: verb }, value }];
  const common = [
    gauge("acr_secret_run_timestamp_seconds", "Time of the run.", ofRun(seconds(now.toISOString()))),
    gauge("acr_secret_unreadable_namespaces", "Namespaces that the run could not read.", ofRun(errors)),
  ];
  const own =
    verb === "list"
      ? gauge("acr_secret_expiry_timestamp_seconds", "Expiry of a login. +Inf: never, NaN: unknown.", items.flatMap(expiries))
      : gauge("acr_secret_image_pulls", "Whether an image can be pulled: 1, or 0 if check fails for it.", items.flatMap(pulls));
  return `${own}${common.join("")}# EOF\n`;
}

const unknownExpiry = { at: Number.NaN, never: Number.POSITIVE_INFINITY, unknown: Number.NaN } as const;

function expiries(item: Item): Sample[] {
  if (item.kind !== "PullSecret") return [];
  const { namespace, name: secret } = item;
  return item.logins.flatMap(({ registries, credential, expiry, expiresAt }) => {
    const value = expiresAt === null ? unknownExpiry[expiry] : seconds(expiresAt);
    return registries.map((registry) => ({ labels: { namespace, secret, registry, credential }, value }));
  });
}

function pulls(item: Item): Sample[] {
  if (item.kind !== "ImageCheck") return [];
  const { namespace, image, secret, cause } = item;
  const owners = item.owners.length > 0 ? imageUsers(item) : [undefined];
  return owners.map((owner) => ({ labels: { namespace, image, secret, owner, cause }, value: Number(item.ok) }));
}

const seconds = (time: string) => Math.floor(Date.parse(time) / 1000);

/** Formats a family. Equal label sets are one sample, because parsers reject duplicates: the one with the lowest known value. */
function gauge(name: string, help: string, samples: readonly Sample[]): string {
  const byLabels = new Map<string, number>();
  for (const { labels, value } of samples) {
    const key = labelText(labels);
    const before = byLabels.get(key);
    byLabels.set(key, before === undefined || Number.isNaN(before) || value < before ? value : before);
  }
  const unit = name.endsWith("_seconds") ? `# UNIT ${name} seconds\n` : "";
  const lines = [...byLabels].map(([labels, value]) => `${name}{${labels}} ${value === Number.POSITIVE_INFINITY ? "+Inf" : value}\n`);
  return `# TYPE ${name} gauge\n${unit}# HELP ${name} ${help}\n${lines.join("")}`;
}

/** Formats labels. A label without a value is the same as no label. */
const labelText = (labels: Labels): string =>
  Object.entries(labels)
    .flatMap(([name, value]) => (value === undefined || value === "" ? [] : [`${name}="${escaped(value)}"`]))
    .join(",");

const escaped = (text: string) => printable(text).toWellFormed().replace(/[\\"]/g, "\\$&");
