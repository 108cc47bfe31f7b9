/** What is wrong with a certificate, by the code of Node's or OpenSSL's error. */
const WORDS: [RegExp, string][] = [
  [/^CERT_HAS_EXPIRED$/, 'its TLS certificate has expired'],
  [/^CERT_NOT_YET_VALID$/, 'its TLS certificate is not valid yet'],
  [/ALTNAME_INVALID/, 'its TLS certificate is for another name'],
  [/SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)/, 'its TLS certificate is not of the authority in ca.pem'],
  [/ALERT_CERTIFICATE_EXPIRED/, 'it says that our TLS certificate, cert.pem, has expired'],
  [/ALERT_.*(CERTIFICATE|UNKNOWN_CA)/, 'it does not take our TLS certificate, cert.pem'],
];

/** Why a connection by TLS did not come about; undefined where that was not the matter. */
export function tlsTrouble(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? WORDS.find(([pattern]) => pattern.test(code))?.[1] : undefined;
}
