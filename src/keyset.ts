// Keyset paging: a page starts below the last id that the client has seen, so rows written or deleted
// meanwhile neither repeat nor hide others.

/** What to read: at most `limit` rows, with ids below `cursor`. */
export type Page = { limit: number; cursor?: string | undefined }

/** The rows of a page, and the cursor of the next one while there is more. */
export type Slice<Row> = { rows: Row[]; next: string | undefined }

/** Cuts what was read with `limit + 1` rows to the page, and says where the next one starts. */
export function slice<Row extends { id: string }>(rows: Row[], { limit }: Page): Slice<Row> {
  const page = rows.slice(0, limit)
  return { rows: page, next: rows.length > limit ? page.at(-1)?.id : undefined }
}
