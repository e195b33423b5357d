import { apiVersion } from "./api-version.ts";
import type { Arm } from "./arm.ts";
import type { AzureRegistry, Stock } from "./port.ts";
import type { Dated } from "./principals.ts";
import { asScopeMap, asToken } from "./tokens.ts";

const version = apiVersion.registry;

/** All tokens and scope maps of a registry except the built-in ones of Azure, with their times. */
export async function stockOf(arm: Arm, { id, name }: AzureRegistry): Promise<Stock> {
  let at: string | undefined;
  const dated = (date: string | undefined) => {
    at ??= asTimestamp(date);
  };
  // The tokens are read last: for a token that is created in between, its scope map exists first
  const maps = `list the scope maps of ${name}`;
  const scopeMaps = await arm.list({ path: `${id}/scopeMaps`, version, doing: maps, dated });
  const doing = `list the tokens of ${name}`;
  const tokens = await arm.list({ path: `${id}/tokens`, version, doing, dated });
  return {
    tokens: tokens.flatMap((one) => withTimes(asToken(doing, one), one)),
    scopeMaps: scopeMaps.flatMap((one) => withTimes(asScopeMap(maps, one), one)),
    at,
  };
}

type Wire = {
  readonly properties?: { readonly creationDate?: unknown };
  readonly systemData?: { readonly lastModifiedAt?: unknown };
};

function withTimes<T>(one: T | undefined, body: unknown): Dated<T>[] {
  if (one === undefined) return [];
  const { properties = {}, systemData = {} } = body as Wire;
  const { creationDate } = properties;
  const { lastModifiedAt } = systemData;
  return [{ ...one, madeAt: textOf(creationDate), changedAt: textOf(lastModifiedAt) }];
}

const textOf = (value: unknown) => (typeof value === "string" ? value : undefined);

/** Formats a date of HTTP as RFC 3339. */
function asTimestamp(date = ""): string | undefined {
  const time = Date.parse(date);
  return Number.isNaN(time) ? undefined : new Date(time).toISOString();
}
