// What the metrics are about: this service, this version, this process.
import { randomUUID } from 'node:crypto'
import { SDK_INFO } from '@opentelemetry/core'
import { type Resource, resourceFromAttributes } from '@opentelemetry/resources'
import manifest from '../package.json' with { type: 'json' }
import type { ResourceConfig } from './config.ts'

/**
 * The configured attributes over the defaults. The command line, which the SDK's own detectors add, stays out:
 * it is long, it differs between replicas, and it may hold secrets.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/resource/
 */
export function createResource({ attributes, schemaUrl }: ResourceConfig): Resource {
  return resourceFromAttributes(
    {
      ...SDK_INFO,
      'service.name': 'microposts',
      'service.version': manifest.version,
      'service.instance.id': randomUUID(),
      'process.runtime.name': 'nodejs',
      'process.runtime.version': process.versions.node,
      ...attributes,
    },
    { schemaUrl },
  )
}
