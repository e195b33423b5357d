import type { Azure, AzureIdentity } from "../azure/port.ts";

/** Who makes a password, as Azure calls the identity; undefined where its token does not tell. */
export const madeBy = (azure: Azure): Promise<string | undefined> => azure.identity().then(nameOf, () => undefined);

const nameOf = ({ name, objectId }: AzureIdentity): string | undefined => name || objectId || undefined;
