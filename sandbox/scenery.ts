import type { AzureEmulator } from "./azure/emulator.ts";

/** The images that the pages pull. */
const images = ["app/web:1", "app/web:2", "app/api:1", "base/nginx:1", "team-a/shop:1"];

/** Fills the registry of a fresh sandbox with what the pages speak of. */
export async function pushImages(azure: AzureEmulator): Promise<void> {
  for (const image of images) await azure.push(`myregistry.azurecr.io/${image}`);
}
