package sandbox

import (
	"fmt"
	"net/http"
)

// A devopsError is an answer by which Azure DevOps refuses. Clients tell them
// apart by the type key, so the key is exact; the messages are the service's.
type devopsError struct {
	status   int
	typeName string // namespace and type; its last part is the type key
	assembly string
	eventID  int
	message  string // a format until with fills it in
}

func (e *devopsError) Error() string { return e.message }

// with is the error with its message filled in.
func (e devopsError) with(args ...any) *devopsError {
	e.message = fmt.Sprintf(e.message, args...)
	return &e
}

const (
	tfsServer   = "Microsoft.TeamFoundation.Framework.Server"
	tfsCore     = "Microsoft.TeamFoundation.Core.WebApi"
	vssCommon   = "Microsoft.VisualStudio.Services.Common"
	vssWebAPI   = "Microsoft.VisualStudio.Services.WebApi"
	buildWebAPI = "Microsoft.TeamFoundation.Build.WebApi"
	witServer   = "Microsoft.TeamFoundation.WorkItemTracking.Server"
	classicWeb  = "System.Web"
)

// The refusals. Status, type key and event ID are from captured answers where
// the facts have one; the work item rules and the version checks beyond the
// preview flag are from general knowledge of the service.
var (
	errDevOpsUnauthorized = devopsError{http.StatusUnauthorized, tfsServer + ".UnauthorizedRequestException", tfsServer, 3000,
		"TF400813: The user '%s' is not authorized to access this resource."}
	errDevOpsConditionalAccess = devopsError{http.StatusForbidden, vssCommon + ".VssServiceException", vssCommon, 3000,
		"VS403463: The conditional access policy defined by your Microsoft Entra administrator has failed."}
	errDevOpsProjectName = devopsError{http.StatusNotFound, tfsCore + ".ProjectDoesNotExistWithNameException", tfsCore, 3000,
		"TF200016: The following project does not exist: %s. Verify that the name of the project is correct and that the project exists on the specified Azure DevOps Server."}
	errDevOpsProjectID = devopsError{http.StatusNotFound, tfsCore + ".ProjectDoesNotExistException", tfsCore, 3000,
		"VS800075: The project with id '%s' does not exist, or you do not have permission to access it."}
	errDevOpsInternal = devopsError{http.StatusInternalServerError, tfsServer + ".TeamFoundationServerException", tfsServer, 3000,
		"TF400898: An Internal Error Occurred. Activity Id: %s."}
	errDevOpsNoRoute = devopsError{http.StatusNotFound, classicWeb + ".HttpException", classicWeb, 0,
		"The controller for path '%s' was not found or does not implement IController."}
	errDevOpsMethod = devopsError{http.StatusMethodNotAllowed, vssWebAPI + ".VssServiceResponseException", vssWebAPI, 0,
		"The requested resource does not support http method '%s'."}
	errDevOpsPreview = devopsError{http.StatusBadRequest, vssWebAPI + ".VssInvalidPreviewVersionException", vssWebAPI, 3000,
		`The requested version "%[1]s" of the resource is under preview. The -preview flag must be supplied in the api-version for such requests. For example: "%[1]s-preview"`}
	errDevOpsVersionMissing = devopsError{http.StatusBadRequest, vssWebAPI + ".VssVersionNotSpecifiedException", vssWebAPI, 3000,
		`No api-version was supplied for the "%s" request. The version must be supplied either as part of the Accept header (e.g. "application/json; api-version=1.0") or as a query parameter (e.g. "?api-version=1.0").`}
	errDevOpsVersionRange = devopsError{http.StatusBadRequest, vssWebAPI + ".VssVersionOutOfRangeException", vssWebAPI, 3000,
		"The requested REST API version of %s is out of range for this server. The latest REST API version this server supports is 7.2."}
	errDevOpsArgument = devopsError{http.StatusBadRequest, vssCommon + ".VssPropertyValidationException", vssCommon, 3000,
		"%s"}
	errDevOpsMediaType = devopsError{http.StatusUnsupportedMediaType, vssWebAPI + ".VssServiceResponseException", vssWebAPI, 0,
		"The request contains an entity body but the media type '%s' is not supported for this resource. Use application/json-patch+json."}
	errDevOpsWorkItem = devopsError{http.StatusNotFound, witServer + ".WorkItemUnauthorizedAccessException", witServer, 3200,
		"TF401232: Work item %d does not exist, or you do not have permissions to read it."}
	errDevOpsWorkItemType = devopsError{http.StatusNotFound, witServer + ".WorkItemTypeNotFoundException", witServer, 3200,
		"VS402323: Work item type %s does not exist in project %s or you do not have permission to access it."}
	errDevOpsRule = devopsError{http.StatusBadRequest, witServer + ".RuleValidationException", witServer, 3200,
		"TF401320: Rule Error for field %s. Error code: %s."}
	errDevOpsPatchTest = devopsError{http.StatusPreconditionFailed, vssWebAPI + ".Patch.TestPatchOperationFailedException", vssWebAPI, 3000,
		"VS403351: Test Operation for path %s failed, value %v was not equal to test value %v."}
	errDevOpsPerson = devopsError{http.StatusBadRequest, witServer + ".RuleValidationException", witServer, 3200,
		"The identity value '%v' for field '%s' is an unknown identity."}
	errDevOpsConflict = devopsError{http.StatusBadRequest, witServer + ".ConflictingParametersException", witServer, 3200,
		"%s"}
	errDevOpsTeam = devopsError{http.StatusNotFound, tfsCore + ".TeamNotFoundException", tfsCore, 3000,
		"The team with id '%s' does not exist."}
	errDevOpsQuery = devopsError{http.StatusBadRequest, witServer + ".SyntaxException", witServer, 3200,
		"TF51006: The query statement is not valid: %s"}
	errDevOpsArea = devopsError{http.StatusNotFound, vssWebAPI + ".VssResourceNotFoundException", vssWebAPI, 3000,
		"The resource area %s is not registered here."}
	errDevOpsBuild = devopsError{http.StatusNotFound, buildWebAPI + ".BuildNotFoundException", buildWebAPI, 3000,
		"The requested build %s could not be found."}
	errDevOpsDefinition = devopsError{http.StatusNotFound, buildWebAPI + ".DefinitionNotFoundException", buildWebAPI, 3000,
		"TF215016: The build definition %s does not exist. Specify a valid build definition and try again."}
	errDevOpsRepository = devopsError{http.StatusNotFound, "Microsoft.TeamFoundation.Git.Server.GitRepositoryNotFoundException", "Microsoft.TeamFoundation.Git.Server", 3000,
		"TF401019: The Git repository with name or identifier %s does not exist or you do not have permissions for the operation you are attempting."}
)

// devopsErrorBody is the wire form.
type devopsErrorBody struct {
	ID             string `json:"$id"`
	InnerException any    `json:"innerException"`
	Message        string `json:"message"`
	TypeName       string `json:"typeName"`
	TypeKey        string `json:"typeKey"`
	ErrorCode      int    `json:"errorCode"`
	EventID        int    `json:"eventId"`
}

func (e *devopsError) typeKey() string {
	for i := len(e.typeName) - 1; i >= 0; i-- {
		if e.typeName[i] == '.' {
			return e.typeName[i+1:]
		}
	}
	return e.typeName
}

func writeDevOpsError(w http.ResponseWriter, e *devopsError) { writeJSON(w, e.status, e.wire()) }

// wire is the error as a body.
func (e *devopsError) wire() any {
	if e.typeName == "" { // in the form of the framework below the service
		return map[string]any{"count": 1, "value": map[string]string{"Message": e.message}}
	}
	return devopsErrorBody{
		ID: "1", Message: e.message, TypeName: e.typeName + ", " + e.assembly,
		TypeKey: e.typeKey(), EventID: e.eventID,
	}
}
