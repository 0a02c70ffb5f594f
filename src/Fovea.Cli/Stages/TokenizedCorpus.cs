using Fovea.Core.Errors;
using Fovea.Core.Samples;
using Fovea.Data.Templates;
using Fovea.Data.Tokenizers;

namespace Fovea.Cli.Stages;

/// <summary>Corpora of a stage, read and tokenized for one view.</summary>
/// <param name="Corpus">The samples and their images.</param>
/// <param name="Tokenizer">The tokenizer.</param>
/// <param name="Encoder">What tokenized them.</param>
/// <param name="Samples">In the corpora's order.</param>
internal sealed record TokenizedCorpus(ICorpus Corpus, Tokenizer Tokenizer, ISampleEncoder Encoder, IReadOnlyList<TokenizedSample> Samples)
{
    /// <summary>Captions read as <c>llava_plain</c>, all else as <c>llava_v1</c>: H and U share one tokenization, and so PRIOR's scores.</summary>
    public const string TemplateName = "auto";

    /// <summary>Reads and tokenizes.</summary>
    /// <param name="data">The files.</param>
    /// <param name="tokenizerFolder">The tokenizer's home.</param>
    /// <param name="view">With images or without.</param>
    /// <param name="template"><c>auto</c>, <c>checkpoint</c> for the folder's own, or a name, as in scoring.</param>
    /// <exception cref="InvalidInputException">A file is bad, an image is missing, or two files have one name.</exception>
    public static TokenizedCorpus Open(IReadOnlyList<DataSource> data, string tokenizerFolder, CorpusView view, string template = TemplateName)
    {
        var tokenizer = ModelFit.Tokenizer(tokenizerFolder);
        var whole = new SampleEncoder(tokenizer, TemplateChoice.ForScores(template, tokenizerFolder, tokenizer));
        ISampleEncoder encoder = view == CorpusView.TextOnly ? new TextOnlyEncoder(whole) : whole;
        var corpus = CorpusFiles.Open(data, checkImages: view == CorpusView.Image);
        return new TokenizedCorpus(corpus, tokenizer, encoder, [.. corpus.Samples.Select(encoder.Encode)]);
    }
}
