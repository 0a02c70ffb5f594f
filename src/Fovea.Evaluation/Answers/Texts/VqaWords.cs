using Fovea.Evaluation.Answers.Rules;

namespace Fovea.Evaluation.Answers.Texts;

/// <summary>
/// How VQA's evaluation writes an answer before it compares (GT-Vision-Lab/VQA vqaEval.py): punctuation, then in lower case number words as digits, without
/// articles, contractions with their apostrophe.
/// </summary>
internal static class VqaWords
{
    private const string Numbers = "none zero one two three four five six seven eight nine ten";

    // A word of these is recognised with any one of its apostrophes missing.
    private const string Contractions = "ain't aren't can't could've couldn't couldn't've didn't doesn't don't hadn't hadn't've hasn't haven't he'd he'd've he's how'd how'll how's "
        + "isn't it'd it'd've it'll ma'am mightn't mightn't've might've mustn't must've needn't not've o'clock oughtn't 'ow's'at shan't she'd've should've "
        + "shouldn't shouldn't've somebody'd've somebody'll somebody's someone'd someone'd've someone'll someone's something'd something'd've something'll that's "
        + "there'd there'd've there're there's they'd they'd've they'll they're they've 'twas wasn't we'd've we've weren't what'll what're what's what've when's "
        + "where'd where's where've who'd who'd've who'll who's who've why'll why're why's won't would've wouldn't wouldn't've y'all y'all'll y'all'd've you'd "
        + "you'd've you'll you're you've";

    private static readonly Dictionary<string, string> Replaced = Replacements();

    /// <summary>An answer as vqaEval.py compares it.</summary>
    public static string Normalise(string answer) => WithoutArticles(YesNoWords.WithoutPunctuation(OneLine(answer)));

    /// <summary>
    /// The same as EvalAI's processor does it (facebookresearch/mmf m4c_evaluators.py, which LLaVA and lmms-eval use for VQA and TextVQA): commas and question
    /// marks go first, and a genitive stands alone.
    /// </summary>
    public static string NormaliseAsEvalAi(string answer)
    {
        var text = answer.ToLowerInvariant().Replace(",", "", StringComparison.Ordinal).Replace("?", "", StringComparison.Ordinal)
            .Replace("'s", " 's", StringComparison.Ordinal).Trim();
        return WithoutArticles(YesNoWords.WithoutPunctuation(OneLine(text)));
    }

    /// <summary>An answer on one line.</summary>
    public static string OneLine(string answer) => answer.Replace('\n', ' ').Replace('\t', ' ').Trim();

    private static string WithoutArticles(string text) => string.Join(' ', text.ToLowerInvariant().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)
        .Where(w => w is not ("a" or "an" or "the")).Select(w => Replaced.GetValueOrDefault(w, w)));

    private static Dictionary<string, string> Replacements()
    {
        // The list turns this one round.
        var replaced = new Dictionary<string, string>(StringComparer.Ordinal) { ["somebody'd"] = "somebodyd" };
        foreach (var (number, word) in Numbers.Split(' ').Index())
        {
            replaced[word] = Math.Max(0, number - 1).ToString(CultureInfo.InvariantCulture);
        }

        foreach (var word in Contractions.Split(' '))
        {
            foreach (var at in Enumerable.Range(0, word.Length).Where(i => word[i] == '\''))
            {
                replaced.TryAdd(word.Remove(at, 1), word);
            }
        }

        return replaced;
    }
}
