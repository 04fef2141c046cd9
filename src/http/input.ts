// Validates the parts of a request against its endpoint's schemas and gathers every fault.
import type { z } from 'zod'
import { AppError, type Fault } from '../errors.ts'

type InputLocation = 'body' | 'query' | 'header'

/** Parses parts one after the other and remembers what is wrong with each. */
export function createValidator() {
  const faults: Fault[] = []
  return {
    /** The parsed part; meaningless once `check` throws. */
    part(location: InputLocation, schema: z.ZodType | undefined, value: unknown): unknown {
      if (!schema) return {}
      const result = schema.safeParse(value, { reportInput: true })
      if (!result.success) faults.push(...result.error.issues.map((issue) => fault(location, issue)))
      return result.data
    },
    /** @throws {AppError} invalid-input with every fault of every part. */
    check() {
      if (faults.length > 0) throw new AppError('invalid-input', 'The request has invalid input.', { faults })
    },
  }
}

function fault(location: InputLocation, issue: z.core.$ZodIssue): Fault {
  const detail = message(issue)
  if (location === 'query') return { detail, parameter: String(issue.path[0]) }
  if (location === 'header') return { detail, header: headerName(String(issue.path[0])) }
  return { detail, pointer: issue.path.map((step) => `/${escapePointer(String(step))}`).join('') }
}

function message(issue: z.core.$ZodIssue): string {
  if (issue.code !== 'invalid_type') return issue.message
  return issue.input === undefined ? 'is required' : `must be a ${issue.expected}`
}

/** RFC 6901, section 3. */
const escapePointer = (step: string) => step.replaceAll('~', '~0').replaceAll('/', '~1')

/** `If-Match` for `if-match`. */
export const headerName = (name: string) => name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase())
