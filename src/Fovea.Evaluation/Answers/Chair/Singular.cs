using System.Text.RegularExpressions;

namespace Fovea.Evaluation.Answers.Chair;

/// <summary>
/// The singular of an English noun by the rules of <c>pattern.en.singularize</c> (clips/pattern, pattern/text/en/inflect.py), with their slips, which CHAIR's
/// figures hold: "glass" gives "glas", "bus" gives "bu", "ties" gives "ty", and "cookies" stays.
/// </summary>
internal static class Singular
{
    private static readonly HashSet<string> Prepositions = Set(
        "about above across after among around at athwart before behind below beneath beside besides between betwixt beyond but by during except for from in into "
        + "near of off on onto out over since till to under until unto upon with");

    // A word that one of these ends in stays as it is: also "s", "us" or "ice".
    private static readonly string[] Unchanged = Words(
        "bison bream breeches britches carp chassis christmas clippers cod contretemps corps debris diabetes djinn eland elk flounder gallows georgia graffiti "
        + "headquarters herpes high-jinks homework innings jackanapes mackerel measles mews mumps news pincers pliers proceedings rabies salmon scissors series "
        + "shears species swine swiss trout tuna whiting wildebeest "
        + "advice bread butter cheese electricity equipment fruit furniture garbage gravel happiness information ketchup knowledge love luggage mathematics "
        + "mayonnaise meat mustard news progress research rice sand software understanding water");

    // With "s" at their end; the list also has "^pie" and "^tie", which no word ends in.
    private static readonly string[] InIe = Words(
        "alergie auntie beanie birdie bogie bombie collie cookie cutie doggie eyrie freebie goonie groupie hankie hippie hoagie hottie indie junkie laddie laramie "
        + "lingerie meanie newbie nightie oldie pixie quickie reverie rookie softie sortie stoolie sweetie techie toughie valkyrie veggie weenie yuppie zombie");

    // By what a word ends in, plural before singular.
    private static readonly (string Plural, string Singular)[] Irregular =
    [
        .. Words("atlantes:atlas atlases:atlas axes:axe beeves:beef brethren:brother children:child corpora:corpus corpuses:corpus ephemerides:ephemeris feet:foot "
        + "ganglia:ganglion geese:goose genera:genus genii:genie graffiti:graffito helves:helve kine:cow leaves:leaf loaves:loaf men:man mongooses:mongoose "
        + "monies:money moves:move mythoi:mythos numena:numen occipita:occiput octopodes:octopus opera:opus opuses:opus our:my oxen:ox penes:penis penises:penis "
        + "people:person sexes:sex soliloquies:soliloquy teeth:tooth testes:testis trilbys:trilby turves:turf zoa:zoon").Select(p => (p.Split(':')[0], p.Split(':')[1])),
    ];

    // The first that is found decides.
    private static readonly (Regex Pattern, string Replacement)[] Rules =
    [
        Rule("(.)ae$", "$1a"), Rule("(.)itis$", "$1itis"), Rule("(.)eaux$", "$1eau"), Rule("(quiz)zes$", "$1"), Rule("(matr)ices$", "$1ix"),
        Rule("(ap|vert|ind)ices$", "$1ex"), Rule("^(ox)en", "$1"), Rule("(alias|status)es$", "$1"), Rule("([octop|vir])i$", "$1us"), Rule("(cris|ax|test)es$", "$1is"),
        Rule("(shoe)s$", "$1"), Rule("(o)es$", "$1"), Rule("(bus)es$", "$1"), Rule("([m|l])ice$", "$1ouse"), Rule("(x|ch|ss|sh)es$", "$1"), Rule("(m)ovies$", "$1ovie"),
        Rule("(.)ombies$", "$1ombie"), Rule("(s)eries$", "$1eries"), Rule("([^aeiouy]|qu)ies$", "$1y"), Rule("([aeo]l)ves$", "$1f"), Rule("([^d]ea)ves$", "$1f"),
        Rule("arves$", "arf"), Rule("erves$", "erve"), Rule("([nlw]i)ves$", "$1fe"), Rule("([lr])ves$", "$1f"), Rule("([aeo])ves$", "$1ve"), Rule("(sive|tive|hive)s$", "$1"),
        Rule("([^f])ves$", "$1fe"), Rule("(^analy)ses$", "$1sis"), Rule("((a)naly|(b)a|(d)iagno|(p)arenthe|(p)rogno|(s)ynop|(t)he)ses$", "$1$2sis"), Rule("(.)opses$", "$1opsis"),
        Rule("(.)yses$", "$1ysis"), Rule("(h|d|r|o|n|b|cl|p)oses$", "$1ose"), Rule("(fruct|gluc|galact|lact|ket|malt|rib|sacchar|cellul)ose$", "$1ose"),
        Rule("(.)oses$", "$1osis"), Rule("([ti])a$", "$1um"), Rule("(n)ews$", "$1ews"), Rule("s$", ""),
    ];

    /// <summary>The singular of a word in lower case.</summary>
    public static string Of(string word)
    {
        if (word.Split('-') is [var head, var second, ..] && Prepositions.Contains(second))
        {
            return Of(head) + word[head.Length..];
        }

        if (word.EndsWith('\''))
        {
            return Of(word[..^1]) + "'s";
        }

        if (Array.Exists(Unchanged, u => u.EndsWith(word, StringComparison.Ordinal)))
        {
            return word;
        }

        if (Array.Exists(InIe, w => word.EndsWith(w + "s", StringComparison.Ordinal)))
        {
            return word;
        }

        if (Array.Find(Irregular, i => word.EndsWith(i.Plural, StringComparison.Ordinal)) is { Plural: { } plural, Singular: var singular })
        {
            return word[..^plural.Length] + singular;
        }

        return Array.Find(Rules, r => r.Pattern.IsMatch(word)) is { Pattern: { } pattern, Replacement: var replacement } ? pattern.Replace(word, replacement) : word;
    }

    private static (Regex Pattern, string Replacement) Rule(string pattern, string replacement) => (new Regex(pattern, RegexOptions.CultureInvariant), replacement);

    private static HashSet<string> Set(string words) => new(Words(words), StringComparer.Ordinal);

    private static string[] Words(string words) => words.Split(' ');
}
