// Field schemas that several features share.
import { z } from 'zod'

const codePoints = (value: string) => [...value].length

/** Text of `min`..`max` code points, without NUL (PostgreSQL cannot store it) and lone surrogates (invalid in UTF-8). */
export function text(min: number, max: number) {
  return bounded(z.string(), min, max)
}

/** The same, trimmed before its length is checked. */
export function trimmedText(min: number, max: number) {
  return bounded(z.string().trim(), min, max)
}

function bounded(schema: z.ZodString, min: number, max: number) {
  return schema
    .refine((value) => value.isWellFormed(), 'must not contain lone surrogates')
    .refine((value) => !value.includes('\0'), 'must not contain NUL')
    .refine(
      (value) => codePoints(value) >= min,
      min === 1 ? 'must not be blank' : `must have at least ${min} characters`,
    )
    .refine((value) => codePoints(value) <= max, `must have at most ${max} characters`)
    .meta({ minLength: min, maxLength: max })
}

/** Text that is compared, not stored. A body has at most 16 KiB, and so have the request line and headers. */
export const anyText = z.string().meta({ maxLength: 16_384 })

/** A UUIDv7 in canonical lower case, the only valid spelling. */
export const Id = z
  .string()
  .regex(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  .meta({ description: 'A UUIDv7.', maxLength: 36, examples: ['019ab3f0-7c1e-7d3a-8f5e-0b2a4c6d8e10'] })

/** RFC 3339 in UTC with milliseconds. */
export const Time = z.string().meta({ format: 'date-time', examples: ['2026-11-24T10:00:00.000Z'] })
