// Adds an example to every body of the OpenAPI document, built from the examples of its schema and fields.
import type { OpenApiGeneratorV31 } from '@asteasolutions/zod-to-openapi'

type Document = ReturnType<OpenApiGeneratorV31['generateDocument']>
type Components = NonNullable<Document['components']>

/** The subset of JSON Schema that the generator emits. */
type Schema = {
  $ref?: string
  type?: string | string[]
  examples?: unknown[]
  enum?: unknown[]
  minimum?: number
  properties?: Record<string, Schema>
  items?: Schema
}
type Content = Record<string, { schema?: Schema; example?: unknown; examples?: unknown }>

/** Changes the document: every body without examples gets an `example`. */
export function addExamples(document: Document): Document {
  const operations = Object.values(document.paths ?? {}).flatMap((path) => Object.values(path))
  for (const { requestBody, responses } of operations) {
    for (const { content } of [requestBody ?? {}, ...Object.values(responses)] as { content?: Content }[])
      for (const media of Object.values(content ?? {}))
        if (media.schema && !media.examples)
          media.example = exampleOf(media.schema, document.components ?? {})
  }
  return document
}

function exampleOf(schema: Schema, components: Components): unknown {
  const { $ref, examples, properties, items, type, minimum = 0 } = schema
  if ($ref) return exampleOf(components.schemas?.[$ref.replace(/.*\//, '')] as Schema, components)
  if (examples) return examples[0]
  if (schema.enum) return schema.enum[0]
  if (items) return [exampleOf(items, components)]
  if (type === 'integer') return minimum
  if (type === 'boolean') return true
  const fields = Object.entries(properties ?? {})
  return Object.fromEntries(fields.map(([name, field]) => [name, exampleOf(field, components)]))
}
