"""What Schemathesis has to know of this API beside its document: who asks, and which refusals no schema can express."""

import base64
import json
import os
import random
import secrets

import requests
import schemathesis
from schemathesis.core.failures import AcceptedNegativeData
from schemathesis.openapi.checks import AllowHeaderMismatch, EnsureResourceAvailability, RejectedPositiveData

# Of the run: where the server is, how its users sign in, the token of /metrics.
RUN = json.loads(os.environ["EMULSION_FUZZ"])

# Of our own: Hypothesis seeds the common one anew before each example.
CHANCE = random.Random(RUN["seed"])

# The password in the document's examples, so that those which want the caller's own are right.
EXAMPLE_PASSWORD = "correct horse battery"

# Operations that can end the session or the account they are asked with, or want its password: a new account does.
WANTS_A_NEWCOMER = {
    "POST /v1/auth/logout",
    "GET /v1/auth/sessions",
    "DELETE /v1/auth/sessions/{session_id}",
    "PUT /v1/auth/password",
    "POST /v1/auth/passkeys/options",
    "POST /v1/auth/totp",
    "POST /v1/auth/totp/confirm",
    "DELETE /v1/auth/totp",
    "DELETE /v1/users/me",
}

# Operations whose success takes something nobody can guess, each with what that is.
OUT_OF_REACH = {
    "POST /v1/auth/passkeys": "a signature of an authenticator",
    "POST /v1/auth/passkeys/login": "a signature of an authenticator",
    "DELETE /v1/auth/passkeys/{passkey_id}": "a passkey",
    "POST /v1/auth/password-reset/confirm": "a mailed token",
    "POST /v1/auth/totp/confirm": "a code of an authenticator app",
}

# Refusals of what the schema allows, since no schema can tell: the status, the code, the field, and how the reason begins.
# The tests know no others either.
with open(os.path.join(os.path.dirname(__file__), "refusals.json"), encoding="utf-8") as table:
    REFUSALS = [tuple(refusal[key] for key in ("status", "code", "field", "reason")) for refusal in json.load(table)]


def ask(method, path, token=None, fields=None):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return requests.request(method, RUN["base"] + path, json=fields, headers=headers, timeout=20)


def token_of(response):
    response.raise_for_status()
    return response.json()["access_token"]


def begin_session(account):
    login = {"login": account["email"], "password": account["password"]}
    return token_of(ask("POST", "/v1/auth/login", fields=login))


class Member:
    """Somebody who stays; their session is renewed only if it has ended."""

    def __init__(self, account):
        self.account = account
        self.token = None

    def sign_in(self):
        if self.token is None or not self.is_signed_in():
            # An admin is fuzzed as well, and suspends whom they are told to.
            if self is not ADMIN:
                path = f"/v1/admin/users/{self.account['userId']}/suspend"
                ask("DELETE", path, ADMIN.sign_in())
            self.token = begin_session(self.account)
        return self.token

    def is_signed_in(self):
        return ask("GET", "/v1/users/me", self.token).status_code == 200


ADMIN = Member(RUN["admin"])
MEMBERS = {"asker": Member(RUN["asker"]), "admin": ADMIN}


def newcomer():
    """Somebody whose account may come to an end."""
    name = f"guest_{secrets.token_hex(8)}"
    account = {"username": name, "email": f"{name}@example.org", "password": EXAMPLE_PASSWORD}
    return token_of(ask("POST", "/v1/auth/register", fields=account))


def is_meant_to_be_nobody(case):
    """True of a case one of whose faults is its token; Schemathesis itself sees to those that have no other."""
    mutations = getattr(case.meta.phase.data, "mutations", None) if case.meta else None
    return any(mutation.parameter == "Authorization" for mutation in mutations or [])


def asks(case, context):
    """Who asks for an operation: the guests' work is one, so that they know each other's ids."""
    operation = context.operation
    if is_meant_to_be_nobody(case):
        return "nobody"
    if operation.label == "GET /metrics":
        return "metrics"
    if operation.label in WANTS_A_NEWCOMER:
        return "guest"
    if not operation.definition.raw.get("security"):
        return "nobody"
    return "admin" if operation.path.startswith("/v1/admin/") else "asker"


def session_of(token):
    """The id of the session a token belongs to."""
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["sid"]


# Where a token has ended, Schemathesis asks for another one and repeats the request. Tokens live 15 minutes.
@schemathesis.auth(refresh_interval=600, cache_by_key=asks, retry_on=[401])
class Tokens:
    def get(self, case, context):
        who = asks(case, context)
        if who == "nobody":
            return None
        if who == "metrics":
            return RUN["metricsToken"]
        return MEMBERS[who].sign_in() if who in MEMBERS else newcomer()

    def set(self, case, token, context):
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {token}"}
        if case.operation.label == "DELETE /v1/auth/sessions/{session_id}" and CHANCE.random() < 0.3:
            case.path_parameters = {"session_id": session_of(token)}


def is_known_refusal(response):
    # An image has no such part.
    if response.status_code == 416:
        return "content-range" in response.headers
    try:
        error = response.json()["error"]
        details = error.get("details", {})
    except (ValueError, KeyError, TypeError):
        return False
    return any(
        (response.status_code, error["code"]) == (status, code)
        and details.get("field") == field
        and details.get("reason", "").startswith(reason)
        for status, code, field, reason in REFUSALS
    )


def is_of_the_caller(failure, schema):
    """`me` in the place of an id is the caller's: what the path with the id takes, the path with `me` takes too."""
    path = failure.operation.split(" ")[-1].replace("/users/me", "/users/{user_id}")
    found = [schema.find_operation_by_label(f"{method} {path}") for method in failure.undocumented_methods]
    return not failure.missing_methods and None not in found


def is_named_by_the_body(response, case):
    """What is not there is something the body names, which says nothing of what the path names."""
    field = response.json().get("error", {}).get("details", {}).get("field")
    return response.status_code == 404 and field not in (case.path_parameters or {})


def is_lost_on_the_way(failure, response, case):
    """A field too many that was not sent: of one without a value, such as an empty list, a form has no part."""
    request = response.request
    if not request.headers.get("Content-Type", "").startswith("multipart/form-data"):
        return False
    if "additionalProperties" not in failure.message or not isinstance(request.body, bytes):
        return False
    return any(f'name="{name}"'.encode() not in request.body for name in case.body)


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Keeps every failure but what is known to be right."""
    if isinstance(failure, RejectedPositiveData):
        return not is_known_refusal(response)
    if isinstance(failure, EnsureResourceAvailability):
        return not is_named_by_the_body(response, case)
    if isinstance(failure, AcceptedNegativeData):
        return not is_lost_on_the_way(failure, response, case)
    if isinstance(failure, AllowHeaderMismatch):
        return not is_of_the_caller(failure, case.operation.schema)
    return True


@schemathesis.hook
def before_call(context, case, kwargs):
    """Most guessed cursors go, and most guessed keys are new ones: a request refused for them does nothing else."""
    if case.meta is None or not case.meta.generation.mode.is_positive or CHANCE.random() < 0.2:
        return
    if "cursor" in (case.query or {}):
        del case.query["cursor"]
    if "Idempotency-Key" in (case.headers or {}):
        case.headers["Idempotency-Key"] = secrets.token_hex(16)


@schemathesis.check
class every_operation_succeeds:
    """An operation that is refused whatever it is asked was not tested."""

    def __init__(self):
        self.asked = set()
        self.succeeded = set()

    def after_response(self, ctx, response, case):
        self.asked.add(case.operation.label)
        if response.status_code < 300 and response.request.method == case.operation.method.upper():
            self.succeeded.add(case.operation.label)

    def after_run(self, ctx):
        never = self.asked - self.succeeded - set(OUT_OF_REACH)
        assert not never, "never succeeded: " + ", ".join(sorted(never))
        wrong = self.succeeded & set(OUT_OF_REACH)
        assert not wrong, "not out of reach: " + ", ".join(sorted(wrong))
