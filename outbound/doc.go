// Package outbound carries the requests that leave this program: to Microsoft
// Graph, the sign-in service and Azure DevOps, and to addresses that a person
// typed.
//
//   - [Transport] connects: TLS 1.2 or newer with verified certificates, 3 s
//     to connect, the system's proxy for https.
//   - [Breaker] stops asking a host that gives no answer, for a short time.
//   - [Send] sends one request once and reads its whole answer within limits.
//   - [Budget] spreads a tenant's requests, so that one person cannot have the
//     whole tenant throttled.
//   - [Guarded] fetches what a person typed without reaching inwards.
//
// Whether a request may be repeated is not decided here: only its sender knows
// what it does.
package outbound
