using Fovea.Core.Extending;
using Fovea.Data.Corpora;
using Fovea.Data.Templates;
using Fovea.Data.Tokenizers;

namespace Fovea.Pipeline.Stages;

/// <summary>Corpora of a stage, read and tokenized for one view.</summary>
/// <param name="Corpus">The samples and their images.</param>
/// <param name="Tokenizer">The tokenizer.</param>
/// <param name="Encoder">What tokenized them.</param>
/// <param name="Samples">Those that can be used, in the corpora's order.</param>
public sealed record TokenizedCorpus(ICorpus Corpus, Tokenizer Tokenizer, ISampleEncoder Encoder, IReadOnlyList<TokenizedSample> Samples)
{
    /// <summary>Captions read as <c>llava_plain</c>, all else as <c>llava_v1</c>: H and U share one tokenization, and so PRIOR's scores.</summary>
    public const string TemplateName = "auto";

    /// <summary>Reads and tokenizes.</summary>
    /// <param name="data">The files.</param>
    /// <param name="tokenizerFolder">The tokenizer's home.</param>
    /// <param name="view">With images, which must then be there, or without.</param>
    /// <param name="template"><c>auto</c>, <c>checkpoint</c> for the folder's own, or a name, as in scoring.</param>
    /// <param name="invalid">Takes the records that cannot be used; null: there may be none.</param>
    /// <param name="templates">The templates there are; null for Fovea's.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="InvalidInputException">A file is bad, too many records are, or two files have one name.</exception>
    public static TokenizedCorpus Open(
        IReadOnlyList<DataSource> data, string tokenizerFolder, CorpusView view, string template = TemplateName, InvalidRecords? invalid = null,
        Catalogue<ChatTemplate>? templates = null, CancellationToken stop = default)
    {
        invalid ??= new InvalidRecords(limit: 0);
        var tokenizer = ModelFit.Tokenizer(tokenizerFolder);
        var whole = new SampleEncoder(tokenizer, TemplateChoice.ForScores(template, tokenizerFolder, tokenizer, templates));
        ISampleEncoder encoder = view == CorpusView.TextOnly ? new TextOnlyEncoder(whole) : whole;
        var corpus = CorpusFiles.Open(data, invalid);
        var samples = new List<TokenizedSample>(corpus.Samples.Count);
        foreach (var sample in corpus.Samples)
        {
            stop.ThrowIfCancellationRequested();
            try
            {
                if (view == CorpusView.Image)
                {
                    corpus.FindImages(sample);
                }

                samples.Add(encoder.Encode(sample));
            }
            catch (InvalidInputException e)
            {
                invalid.Add(sample.Key, e);
            }
        }

        return new TokenizedCorpus(corpus, tokenizer, encoder, samples);
    }
}
