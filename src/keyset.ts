// Keyset pagination: a page starts after the last id that the client has seen, so no row is skipped or repeated
// while other rows are written.

/** The size of a page for which the client requests none. */
export const defaultLimit = 20

/** A page to read: at most `limit` rows, with ids below `cursor`. */
export type Page = { limit: number; cursor?: string | undefined }

/** The rows of a page; `next` is the cursor of the next page, undefined on the last one. */
export type Slice<Row> = { rows: Row[]; next: string | undefined }

/** Cuts rows that were read with `limit + 1` to the page. */
export function slice<Row extends { id: string }>(rows: Row[], { limit }: Page): Slice<Row> {
  const page = rows.slice(0, limit)
  return { rows: page, next: rows.length > limit ? page.at(-1)?.id : undefined }
}
