"""The names under which logs have a call's fields.

They are compared without case, blanks, hyphens, underscores and dots.
"""

from __future__ import annotations

Names = tuple[str, ...]


def _names(text: str) -> Names:
    return tuple(text.split())


TIMES = _names(
    "timestamp @timestamp time ts starttime startedat started start starttimestamp requesttime "
    "requestedat requestcreatedat requesttimestamp createdat created datetime date eventtime "
    "timereceived receivedat loggedat when at timeofgeneration starttimeunixnano"
)
ENDS = _names("endtime endedat end endtimestamp responsecreatedat completedat finishedat")
FIRSTS = _names("completionstarttime firsttokentime firsttokenat")
DURATIONS = _names(
    "latency duration responsetime elapsed elapsedtime totaltime totallatency requestlatency "
    "requestduration delay tooktime took runtime timetaken processingtime e2elatency total"
)
FIRST_DURATIONS = _names("ttft timetofirsttoken firsttokenlatency timetofirstbyte ttfb firsttoken")
PROMPT_TOKENS = _names(
    "prompttokens inputtokens tokensin requnits requesttokens numinputtokens tokensinput "
    "numprompttokens inputtokencount prompttokencount promptusage inputusage tokensprompt"
)
COMPLETION_TOKENS = _names(
    "completiontokens outputtokens tokensout resunits responsetokens numoutputtokens tokensoutput "
    "numcompletiontokens outputtokencount completiontokencount completionusage outputusage "
    "tokenscompletion generatedtokens"
)
CACHED_TOKENS = _names("cachedtokens cachereadtokens cachereadinputtokens promptcachereadtokens")
CACHE_WRITE_TOKENS = _names("cachewritetokens cachecreationinputtokens promptcachewritetokens")
REASONING_TOKENS = _names("reasoningtokens thinkingtokens")
COSTS = _names("cost costusd responsecost spend totalcost price totalprice usd amountusd")
STATUSES = _names("status statuscode httpstatus responsestatus responsestatuscode code httpstatuscode")
ERRORS = _names("error errormessage errorstr exception statusmessage")
KEYS = _names(
    "keyalias apikeyalias keyname apikeyname virtualkey key apikey apikeyhash keyhash keyid "
    "apikeyid consumer client clientid application app"
)
TEAMS = _names("teamalias team teamname teamid workspace workspaceslug department group project")
USERS = _names("enduser user userid requestuserid username useremail customer customerid author")
TAGS = _names("tags requesttags tag feature usecase task label labels")
MODELS = _names("model requestmodel modelgroup modelname aimodel modelrequested requestedmodel llm")
ANSWERING_MODELS = _names("providermodel responsemodel modelused provideranswered")
PROVIDERS = _names("provider customllmprovider providername aiorg")
DEPLOYMENTS = _names("deployment deploymentid")
STREAMS = _names("stream streaming streamed isstream isstreaming")
CACHE_HITS = _names("cachehit cached cachestatus iscached fromcache cacheenabledhit")
ENDPOINTS = _names(
    "endpoint path url uri requestpath requesturl route calltype operation requesttype targetpath "
    "requesturi kind"
)
PROMPTS = _names(
    "prompt question query userprompt usermessage userinput prompttext message text input "
    "inputtext content utterance instruction requesttext request q"
)
SYSTEM_PROMPTS = _names("systemprompt systemmessage system")
MESSAGES = _names("messages conversation chat")
USAGES = _names("usage tokenusage tokens usageobject")

# A table whose header has one of these is one of calls.
KNOWN_COLUMNS = frozenset(
    {*PROMPTS, *MESSAGES, *MODELS, "requestbody", "body", "calltype", "traceid", "payload"}
)
