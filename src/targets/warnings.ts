/** The id of a warning. Scripts compare the ids, so ids are added and never changed. */
export type WarningId = "secret-missing" | "dangling-name" | "empty-name";
