// The certificates that an exporter trusts and shows.
import { createPrivateKey, X509Certificate } from 'node:crypto'
import type { Faults, Validator } from './faults.ts'
import type { OtlpConfig } from './types.ts'
import { certificateFile, keyFile } from './validators.ts'

type Setting = 'ca' | 'certificate' | 'key'
/** How a fault calls the settings: by variable, or by path in the file. */
type Names = Record<Exclude<Setting, 'ca'>, string>

/** `read` gives the PEM text that a setting names the file of. */
export function readTls(
  names: Names,
  read: (setting: Setting, validator: Validator<string>) => string | undefined,
  faults: Faults,
): OtlpConfig['tls'] {
  const known = faults.lines.length
  const ca = read('ca', certificateFile)
  const certificate = read('certificate', certificateFile)
  const key = read('key', keyFile)
  // One that cannot be read is said already, and is not missing.
  if (faults.lines.length === known) checkPair(names, certificate, key, faults)
  return { ca, certificate, key }
}

function checkPair(names: Names, certificate: string | undefined, key: string | undefined, faults: Faults) {
  if (certificate && !key) faults.lines.push(`${names.key}: is missing beside ${names.certificate}`)
  if (key && !certificate) faults.lines.push(`${names.certificate}: is missing beside ${names.key}`)
  if (!key || !certificate) return
  if (!new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key)))
    faults.lines.push(`${names.key}: is not the key of ${names.certificate}`)
}
