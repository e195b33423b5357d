import { CliError } from "../errors.ts";
import { apiVersion } from "./api-version.ts";
import type { Arm } from "./arm.ts";

export type Subscription = { readonly id: string; readonly name: string };

/** The subscriptions in which the identity may read anything (subscriptions, 2022-12-01). */
export async function subscriptions(arm: Arm): Promise<Subscription[]> {
  const list = await arm.list({ path: "/subscriptions", version: apiVersion.subscriptions, doing: "list the subscriptions" });
  return list.flatMap((it) => {
    const { subscriptionId: id, displayName } = it as { subscriptionId?: unknown; displayName?: unknown };
    return typeof id === "string" ? [{ id, name: String(displayName ?? "") }] : [];
  });
}

/**
 * The id of the subscription that was said by its id or its name.
 * @throws CliError notFound; usage where several have the name
 */
export async function subscriptionNamed(arm: Arm, text: string): Promise<string> {
  const small = text.toLowerCase();
  if (/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(small)) return small;
  const [found, second] = (await subscriptions(arm)).filter(({ name }) => name.toLowerCase() === small);
  if (found && !second) return found.id;
  const said = JSON.stringify(text);
  const hint = "name the subscription by its id";
  if (found) throw new CliError("usage", `several subscriptions are named ${said}`, { hint });
  throw new CliError("notFound", `this Azure identity can read no subscription ${said}`, { hint });
}
