// The resource of the metrics: service, version, instance, runtime.
import cluster from 'node:cluster'
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { pathToFileURL } from 'node:url'
import type { Attributes } from '@opentelemetry/api'
import { SDK_INFO } from '@opentelemetry/core'
import { type Resource, resourceFromAttributes } from '@opentelemetry/resources'
import type { ResourceConfig } from './config/types.ts'

/**
 * Configured attributes override the defaults. The SDK's detectors are not used, because they add the command line:
 * it is long, differs between replicas, and may contain secrets.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/resource/
 */
export function createResource({ attributes, schemaUrl }: ResourceConfig): Resource {
  return resourceFromAttributes(
    {
      ...SDK_INFO,
      ...describeProgram(process.argv[1]),
      'service.instance.id': randomUUID(),
      'process.runtime.name': 'nodejs',
      'process.runtime.version': process.versions.node,
      ...attributes,
      ...instanceOf(attributes),
    },
    { schemaUrl },
  )
}

/** Name and version of a program: those in the package.json nearest to it. */
function describeProgram(path: string | undefined): Attributes {
  const { name = 'unknown_service:node', version } = path ? manifestOf(path) : {}
  return { 'service.name': name, ...(version && { 'service.version': version }) }
}

function manifestOf(path: string): { name?: string; version?: string } {
  try {
    const manifest = findPackageJSON('.', pathToFileURL(path))
    return manifest ? JSON.parse(readFileSync(manifest, 'utf8')) : {}
  } catch {
    // The program reports a missing file or a malformed package.json itself.
    return {}
  }
}

/** Makes a configured instance id unique for each worker of a cluster. */
function instanceOf({ 'service.instance.id': configured }: Attributes): Attributes {
  if (configured === undefined || !cluster.worker) return {}
  return { 'service.instance.id': `${configured}-${cluster.worker.id}` }
}
