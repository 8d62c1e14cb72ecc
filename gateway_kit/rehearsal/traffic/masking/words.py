"""Common English words by their length: what masked texts are made of.

A word of the list stands for another one of the same length; rarer words become two of them, or letters.
"""

from __future__ import annotations

from collections.abc import Mapping

_WORDS = """
am an as at be by do go he if in is it me my no of on or so to up us we
act add age ago air all and any are arm art ask bad bag bed big bit box boy bus but buy can car cat cup cut day did die
dog dry due ear eat egg end eye far few fit fly for fun get god got gun had has hat her him his hit hot how ice its job
key kid law lay leg let lie lot low man map may men mix mom net new nor not now odd off oil old one our out own pay per
pop put ran red rid row run sad sat saw say sea see set she shy sir sit six sky son sum sun tax ten the tie tip too top
try two use war was way wet who why win won yes yet you
able also area army away baby back ball band bank base bear been best bill bird blue boat body bold book both burn busy
call came card care case city club coal coat cold come cook cool copy cost crew dark data date dead deal dear deep door
down draw drop duty each earn east easy edge else even ever face fact fail fair fall farm fast fear feel feet fell file
fill film find fine fire fish five flat flow food foot form four free from full fund gain game gave give glad goal gold
gone good grew grow hair half hall hand hang hard have head hear heat held help here high hill hold home hope hour idea
into item join jump just keep kind knew know lack lady land last late lead left less life lift like line list live long
look lose loss lost love made mail main make many mark mean meet mile milk mind mine miss more most move much must name
near neck need news next nice nine none note once only open over page paid pain pair park part pass past path pick plan
play plus pool poor pull push race rain rate read real rest rice rich ride ring rise risk road rock role roll roof room
rule safe said sale salt same sand save seat seed seek seem seen self sell send sent ship shoe shop show shut sick side
sign site size skin slow snow soft soil sold some song soon sort stay step stop such suit sure take talk tall task team
tell term test text than that them then they thin this thus time tiny told tone tool tour town tree trip true turn type
unit upon used user vary very view wait walk wall want warm wash wear week well went were west what when whom wide wife
wild will wind wine wing wise wish with wood word wore work yard year your zero
about above admit adult after again agent agree ahead alarm album alive allow alone along among anger apart apple apply
argue arise aside avoid award aware badly basic beach began begin being below birth black blame blind block blood board
brain brand bread break brick brief bring broad brown build buyer cable carry catch cause chain chair cheap check chest
chief child civil claim class clean clear climb clock close cloud coach coast count court cover cream crime cross crowd
cycle daily dance death delay depth doubt dozen draft drama dream dress drink drive early earth eight empty enemy enjoy
enter entry equal error event every exact exist extra faith false fault fewer field fight final first fixed floor focus
force found frame fresh front fruit fully funny giant glass grade grand grant grass great green group guard guess guest
guide happy heart heavy hello horse hotel house human image index inner issue judge known label large later laugh layer
learn leave legal level light limit local loose lower lucky lunch major maker match maybe mayor meant metal might minor
model money month moral motor mouth movie music never newly night noise north novel nurse ocean offer often older order
other owner paint panel paper party peace phone photo piece pilot pitch place plain plane plant plate point pound power
press price pride print prior prize proof proud queen quick quiet quite radio raise range rapid ratio reach ready refer
reply right river rough round route rural scale scene scope score sense serve seven shade shake shape share sharp sheet
shelf shell shift shirt shock shoot short shown sight skill sleep slice slide small smart smile smoke solid solve sound
south space spare speak speed spend split sport staff stage stand start state steel stick still stock stone store storm
story stuff style sugar table taste teach thank their theme there these thick thing think third those three throw tight
title today topic total touch tough tower track trade train treat trend trial truck truly trust truth twice under union
until upper urban usage usual value video visit vital voice waste watch water wheel where which while white whole whose
woman world worry worth would write wrong young youth
accept across action active actual advice affect afford almost always amount animal annual answer anyone appear around
arrive artist assume attack attend august author become before behind belief belong better beyond border bottom branch
breath bridge bright broken budget button camera cancer carbon career castle caught center chance change charge choice
choose church circle client closed coffee column combat common copper corner cotton county couple course create credit
crisis custom damage danger dealer debate decade decide defend define degree demand depend desert design desire detail
device dinner direct doctor dollar domain double driver during easily eating editor effect effort either eleven emerge
energy engine enough ensure entire escape estate ethnic except expand expect expert export extend extent fabric factor
fairly family famous father figure finger finish flight flower flying follow forest forget formal former foster fourth
freeze friend future garden gather gender gentle german global golden ground growth guilty handle happen health height
hidden highly honest hungry impact import income indeed injury inside intend invest island itself junior keeper ladder
latest launch leader league leaves legend lesson letter likely linear liquid listen little living longer lovely mainly
manage manner manual margin market master matter medium member memory mental middle mirror mobile modern moment mostly
mother motion moving murder museum mutual myself narrow nation native nature nearby nearly nobody normal notice number
object obtain office online option orange origin output oxygen packet palace parent partly people period permit person
planet player please plenty pocket poetry policy prefer pretty prince prison profit proper public purple pursue random
rarely rather reader really reason recall recent record reduce reform refuse regard region reject relate relief remain
remote remove repair repeat report rescue result retail retain return reveal review reward rhythm saving scheme school
screen search season second secret sector secure select senior series server settle severe shadow should signal silent
silver simple simply single sister sketch slight smooth social soccer source speech spirit spread spring square stable
statue status steady stolen strain stream street stress strict strike string strong studio submit sudden suffer summer
supply surely survey switch symbol system talent target tenant theory thirty thread threat ticket timber tissue toward
travel treaty tunnel twelve twenty unique unless update useful valley vendor versus vision volume walker wealth weapon
weekly weight window winner winter within wonder worker writer yellow
ability absence account achieve address advance against airline already analyst ancient another anxiety anybody applied
arrange article assault attempt average balance barrier because bedroom believe benefit besides between billion brother
cabinet capable capital captain capture careful carrier ceiling central century certain chamber channel chapter charity
chicken citizen classic climate clothes cluster collect college combine comfort command comment company compare complex
concept concern conduct confirm connect consist contact contain content contest context control convert correct council
counter country courage crucial crystal culture current cutting deliver density deposit despise destroy develop digital
disease dismiss display distant diverse dynamic eastern economy edition elderly element emotion evening example exclude
execute exhibit explain explore express extreme factory failure fashion feature federal feeling fiction fifteen finally
finance finding fishing fitness foreign forever formula fortune forward founder freedom gallery general genuine gesture
greater grocery growing habitat healthy hearing helpful highway himself history holiday hundred husband illegal imagine
improve include initial inquiry insight install instead intense involve journal journey justice kitchen largest leading
leather liberal library license limited loyalty machine manager massive maximum measure medical meeting mention message
million mineral minimum missing mission mistake mixture monitor morning musical mystery natural neither nervous network
nothing nuclear obvious officer opening operate opinion organic outcome outside overall pacific package painful parking
partner passage patient pattern payment penalty perfect perform perhaps phrases picture popular portion poverty precise
premium prepare present prevent primary private problem proceed process produce product profile program project promise
promote protect protein protest provide publish purpose quality quarter radical railway readily reading reality receive
recover reflect regular related release removal replace request require reserve resolve respect respond restore revenue
reverse routine satisfy science section segment senator serious service session setting several shelter shortly similar
society soldier somehow speaker special sponsor stadium station storage strange stretch student subject succeed success
suggest summary support suppose supreme surface surgery survive suspect sustain teacher theatre therapy thought through
tonight totally tourist traffic trouble typical unknown unusual upgrade utility variety various vehicle version veteran
victory village violent virtual visible visitor warning weather wedding weekend welcome welfare western whether willing
without witness workers working writing written
absolute abstract academic accident accurate activity actually addition adequate adjacent advanced advocate aircraft
alliance although analysis announce anything anywhere apparent approach approval argument assembly athletic attitude
audience bachelor bathroom behavior birthday boundary building business calendar campaign capacity casualty category
ceremony chairman champion chemical children civilian clinical clothing collapse colonial combined complain complete
compound computer conclude concrete conflict congress consider constant consumer continue contract contrast convince
creation creative creature criminal critical cultural currency customer database daughter deadline decision decrease
delivery designer diabetes dialogue directly disaster discount discover disorder distance district division document
domestic dominant downtown dramatic economic educated educator election elevator emphasis employee engineer enormous
entirely entrance envelope equality estimate evaluate everyone evidence exchange exercise existing explicit exposure
external facility familiar favorite feedback festival flexible football forecast formerly friendly frontier function
generate governor graduate guidance hardware headline heritage hospital identify identity illusion incident increase
indicate industry informal innocent instance instinct interest internal interval investor involved judgment keyboard
landlord language lecturer lifetime literary location magazine maintain majority marriage material maximize medicine
membrane midnight military minister ministry minority moderate momentum monument moreover mortgage mountain movement
multiple national negative neighbor nineteen normally northern notebook numerous observer occasion official operator
opponent opposite ordinary organize original overcome painting parallel passport patience peaceful personal persuade
physical planning platform pleasant pleasure politics portrait positive possible powerful practice pregnant presence
preserve pressure previous priority probably producer progress prohibit property proposal prospect protocol province
publicly purchase question rational reaction recovery regional register relation relative relevant religion remember
reporter republic required research resident resource response restrict retrieve romantic sampling sandwich scenario
schedule scrutiny security sentence separate sequence severely shipping shoulder simplify slightly software solution
somebody southern speaking specific standard strategy strength striking strongly struggle suddenly suitable superior
supplier supposed surprise survival surround sympathy tactical teaching teammate template temporal terrible thinking
thirteen thorough thousand together tomorrow training transfer treasure treasury ultimate umbrella universe unlikely
validity variable vertical violence wildlife wireless workshop yourself
accompany accordion admission advantage adventure afternoon agreement algorithm allowance alternate ambitious amendment
apartment architect assistant associate astronomy attention attribute authority available awareness basically beautiful
beginning broadcast brilliant butterfly calculate candidate carefully celebrate cellphone challenge character chocolate
christmas classroom colleague commander committee community component condition conscious construct continent corporate
correctly criterion curiosity dangerous democracy departure dependent detection determine developer different difficult
dimension direction directory discovery disregard diversity documents economics education effective efficient eighteenth
electoral elsewhere emergency emotional employers encounter encourage enjoyable equipment essential establish estimated
evolution excellent execution existence expansion expensive expertise extension extremely financial following formation
fortunate framework frequency generally generator gentleman happening healthier hopefully household identical immediate
implement important improving incentive inclusion incorrect increased influence inspector institute insurance integrate
intensity interface interview introduce invention inventory involving knowledge landscape leasehold liability lifestyle
limestone literally machinery magnitude marketing meanwhile mechanism messenger migration narrative naturally necessary
neighbour nightmare objective obviously operation organized otherwise ourselves ownership parameter partially passenger
perfectly permanent personnel physician political pollution portfolio potential precisely president prevalent primarily
principal principle privilege procedure processor professor programme prominent promotion provision published qualified
recession recognize recommend recording reduction reference regularly regulator reinforce religious represent requested
residence resulting satellite scientist secretary selection sensitive seventeen shareware signature similarly situation
solicitor somewhere spiritual stability statement statistic strategic structure subscribe substance successor suffering
surprised suspicion sustained technical technique telephone temporary territory therefore threshold tolerance tradition
transform translate transport treatment typically universal unusually variation vegetable virtually volunteer wonderful
"""


def _by_length() -> Mapping[int, tuple[str, ...]]:
    found: dict[int, list[str]] = {}
    for word in dict.fromkeys(_WORDS.split()):
        found.setdefault(len(word), []).append(word)
    return {length: tuple(words) for length, words in found.items() if len(words) > 1}


BY_LENGTH = _by_length()
LONGEST = max(BY_LENGTH)
# Of 2 letters there are so few that compounds are made of longer ones.
SHORTEST_PART = 3
