// Package graph reads and changes one tenant's directory through Microsoft
// Graph v1.0. It is the only door to the Microsoft Graph SDK; nothing of the
// SDK shows in its exported API but the credential type.
//
// Three things of the SDK are replaced on purpose. Its retry handler, because
// it resends POST and would create a second secret after a lost answer. Its
// redirect handler, because a bearer token belongs to one host. Its error
// type, because (*odataerrors.ODataError).Error panics when an error body has
// no message. Instead every answer passes one transport of this package, and
// every failure is one of two types: *entra.ServiceError when Graph or sign-in
// said no, *entra.NoAnswerError when there was no usable answer.
package graph
