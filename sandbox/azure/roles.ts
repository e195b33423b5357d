/** A role (Microsoft.Authorization/roleDefinitions), reduced to its permissions. */
export type Role = {
  readonly guid: string;
  readonly name: string;
  readonly actions: readonly string[];
  readonly notActions: readonly string[];
  readonly dataActions: readonly string[];
};

const registries = "Microsoft.ContainerRegistry/registries";
const repositories = `${registries}/repositories`;

/** Returns a role that allows only the actions in `grants`. */
export const role = (guid: string, name: string, grants: Partial<Role>): Role => ({
  guid,
  name,
  actions: [],
  notActions: [],
  dataActions: [],
  ...grants,
});

/** The built-in roles with rights to a registry, with Azure's own identifiers. */
export const roles: readonly Role[] = [
  role("8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "Owner", { actions: ["*"] }),
  role("b24988ac-6180-42a0-ab88-20f7382dd24c", "Contributor", {
    actions: ["*"],
    notActions: ["Microsoft.Authorization/*/Delete", "Microsoft.Authorization/*/Write", "Microsoft.Authorization/elevateAccess/Action"],
  }),
  role("acdd72a7-3385-48ef-bd42-f606fba81ae7", "Reader", { actions: ["*/read"] }),
  role("18d7d88d-d35e-4fb5-a5c3-7773c20a72d9", "User Access Administrator", {
    actions: ["*/read", "Microsoft.Authorization/*", "Microsoft.Support/*"],
  }),
  role("f58310d9-a9f6-439a-9e8d-f62e7b41a168", "Role Based Access Control Administrator", {
    actions: [
      "Microsoft.Authorization/roleAssignments/write",
      "Microsoft.Authorization/roleAssignments/delete",
      "*/read",
      "Microsoft.Support/*",
    ],
  }),
  role("3bc748fc-213d-45c1-8d91-9da5725539b9", "Container Registry Contributor and Data Access Configuration Administrator", {
    actions: [
      ...["read", "write", "delete", "operationStatuses/read", "listUsages/read", "scopeMaps/*", "tokens/*"].map(
        (it) => `${registries}/${it}`,
      ),
      ...["listCredentials", "regenerateCredential", "generateCredentials"].map((it) => `${registries}/${it}/action`),
      "Microsoft.Authorization/*/read",
    ],
  }),
  role("7f951dda-4ed3-4680-a7ca-43fe172d538d", "AcrPull", { actions: [`${registries}/pull/read`] }),
  role("8311e382-0749-4cb8-b61a-304f252e45ec", "AcrPush", { actions: [`${registries}/pull/read`, `${registries}/push/write`] }),
  role("c2f4ef07-c644-48eb-af81-4b1b4947fb11", "AcrDelete", { actions: [`${registries}/artifacts/delete`] }),
  role("b93aa761-3e63-49ed-ac28-beffa264f7ac", "Container Registry Repository Reader", {
    dataActions: [`${repositories}/metadata/read`, `${repositories}/content/read`],
  }),
  role("2a1e307c-b015-4ebd-883e-5b7698a07328", "Container Registry Repository Writer", {
    dataActions: ["metadata/read", "content/read", "metadata/write", "content/write"].map((action) => `${repositories}/${action}`),
  }),
  role("2efddaa5-3f1f-4df3-97df-af3f13818f4c", "Container Registry Repository Contributor", {
    dataActions: ["metadata/read", "content/read", "metadata/write", "content/write", "metadata/delete", "content/delete"].map(
      (action) => `${repositories}/${action}`,
    ),
  }),
  role("bfdb9389-c9a5-478a-bb2f-ba9ca092c3c7", "Container Registry Repository Catalog Lister", {
    dataActions: [`${registries}/catalog/read`],
  }),
];

/** Finds a role by its name (in any case) or its identifier, among the built-in roles and the tenant's custom roles. */
export function findRole(nameOrGuid: string, own: readonly Role[]): Role | undefined {
  const wanted = nameOrGuid.toLowerCase();
  return [...roles, ...own].find((one) => one.name.toLowerCase() === wanted || one.guid === wanted);
}
