// What this browser changed: lists that were loaded before show it too.

/** @import { Post } from '../api/types.ts' */

/** The current version of a post by its id; null if it was deleted. @type {Map<string, Post | null>} */
const changes = new Map()

/** @param {Post} post */
export const recordEdit = (post) => void changes.set(post.id, post)

/** @param {string} id */
export const recordDeletion = (id) => void changes.set(id, null)

/**
 * @template T
 * @param {T[]} items posts, or anything else, which stays as it is
 * @returns {T[]}
 */
export function withChanges(items) {
  return items.flatMap((item) => {
    const changed = changes.get(/** @type {any} */ (item).id)
    return changed === undefined ? [item] : changed === null ? [] : [/** @type {any} */ (changed)]
  })
}
