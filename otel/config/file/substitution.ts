// Replaces references to environment variables in the values of a YAML document: ${NAME}, ${env:NAME}, ${NAME:-default}.
// https://opentelemetry.io/docs/specs/otel/configuration/data-model/#environment-variable-substitution
import { type Document, parse, Scalar, visit } from 'yaml'

/** `$$` stands for a dollar sign. */
const reference = /\$\$|\$\{(?:env:)?([^}]+)\}/g

/**
 * Changes the document. A value without quotes may become a number, a boolean or null; keys stay as they are.
 *
 * @returns the references that are invalid.
 */
export function substituteVariables(document: Document, env: NodeJS.ProcessEnv): string[] {
  const invalid: string[] = []
  visit(document, {
    Scalar(key, node) {
      if (key === 'key' || typeof node.value !== 'string') return
      const text = node.value.replace(reference, (match, variable?: string) => {
        if (variable === undefined) return '$'
        const [, name, byDefault = ''] = /^([a-z_]\w*)(?::-(.*))?$/i.exec(variable) ?? []
        if (name) return env[name] || byDefault
        invalid.push(match)
        return match
      })
      if (text !== node.value) node.value = node.type === Scalar.PLAIN ? typed(text) : text
    },
  })
  return invalid
}

/** A substituted value stays text if it looks like a list or a mapping. */
function typed(text: string): unknown {
  try {
    const value: unknown = parse(text)
    return value === null || typeof value === 'number' || typeof value === 'boolean' ? value : text
  } catch {
    return text
  }
}
