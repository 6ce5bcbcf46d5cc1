package sandbox

import "net/http"

// errNoPhoto is what Graph says of a person without a photo, and libraries
// for sign-in that fetch one know.
var errNoPhoto = graphError{Status: http.StatusNotFound, Code: "ImageNotFound", Message: "Exception of type 'Microsoft.Fast.Profile.Core.Exception.ImageNotFoundException' was thrown."}

// photoOperations are those for photos, which nobody here has.
var photoOperations = []operation{
	{method: "GET", path: "me/photo", permissions: readMe, people: openToAll, do: collection(noPhotoOfMe)},
	{method: "GET", path: "me/photo/$value", permissions: readMe, people: openToAll, do: collection(noPhotoOfMe)},
	{method: "GET", path: "me/photos/*/$value", permissions: readMe, people: openToAll, do: collection(noPhotoOfMe)},
	{method: "GET", path: "users/*/photo", permissions: readUsers, people: openToMembers, do: collection(noPhotoOfUser)},
	{method: "GET", path: "users/*/photo/$value", permissions: readUsers, people: openToMembers, do: collection(noPhotoOfUser)},
	{method: "GET", path: "users/*/photos/*/$value", permissions: readUsers, people: openToMembers, do: collection(noPhotoOfUser)},
}

func noPhotoOfMe(*graphRequest) (reply, *graphError) { return reply{}, &errNoPhoto }

func noPhotoOfUser(q *graphRequest) (reply, *graphError) {
	if key := q.keys[0].text; q.tenant.userCalled(key) == nil {
		return reply{}, errNotFound.with(key)
	}
	return reply{}, &errNoPhoto
}
