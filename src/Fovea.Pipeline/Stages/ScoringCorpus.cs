using Fovea.Core.Extending;
using Fovea.Data.Corpora;
using Fovea.Data.Templates;
using Fovea.Data.Tokenizers;
using Fovea.Scoring;

namespace Fovea.Pipeline.Stages;

/// <summary>A corpus to score or export: samples are tokenized only when their turn comes.</summary>
/// <param name="Corpus">The samples and their images.</param>
/// <param name="Invalid">The records that could not be read.</param>
/// <param name="Tokenizer">The tokenizer.</param>
/// <param name="Encoder">What tokenizes them.</param>
/// <param name="TemplateName">The template that was asked for.</param>
public sealed record ScoringCorpus(ICorpus Corpus, InvalidRecords Invalid, Tokenizer Tokenizer, ISampleEncoder Encoder, string TemplateName)
{
    /// <summary>Reads the records.</summary>
    /// <param name="data">The files.</param>
    /// <param name="modelFolder">The tokenizer's home.</param>
    /// <param name="view">With images or without.</param>
    /// <param name="template"><c>auto</c> as in training, <c>checkpoint</c> for the folder's own, or a name.</param>
    /// <param name="invalid">Takes the records that cannot be read.</param>
    /// <param name="templates">The templates there are; null for Fovea's.</param>
    /// <exception cref="InvalidInputException">A file is bad, too many records are, or two files have one name.</exception>
    public static ScoringCorpus Open(IReadOnlyList<DataSource> data, string modelFolder, CorpusView view, string template, InvalidRecords invalid,
        Catalogue<ChatTemplate>? templates = null)
    {
        var tokenizer = ModelFit.Tokenizer(modelFolder);
        var choice = TemplateChoice.ForScores(template, modelFolder, tokenizer, templates);
        var whole = new SampleEncoder(tokenizer, choice);
        return new ScoringCorpus(
            CorpusFiles.Open(data, invalid), invalid, tokenizer, view == CorpusView.TextOnly ? new TextOnlyEncoder(whole) : whole, template);
    }

    /// <summary>
    /// Looks for all images before work begins, and stops if more samples lack one than may be unusable. Scoring itself then counts each in its place.
    /// </summary>
    /// <exception cref="InvalidInputException">The first sample past the limit.</exception>
    public void CheckImages(CancellationToken stop)
    {
        var found = new InvalidRecords(Invalid.Limit);
        found.Restore(Invalid.Records);
        foreach (var sample in Corpus.Samples)
        {
            stop.ThrowIfCancellationRequested();
            try
            {
                Corpus.FindImages(sample);
            }
            catch (InvalidInputException e)
            {
                found.Add(sample.Key, e);
            }
        }
    }

    /// <summary>All records in file order; those that could not be read are listed with their reason and not scored.</summary>
    /// <param name="encoded">Gets each sample that was tokenized; on another thread, and where memory did not suffice more than once.</param>
    public ScoringSource Source(Action<TokenizedSample>? encoded = null) => ScoringSource.FromSamples(
        Corpus.Samples,
        sample =>
        {
            var tokens = Encoder.Encode(sample);
            encoded?.Invoke(tokens);
            return tokens;
        }, [.. Invalid.Records.Select(r => (r.Key, r.Reason))]);
}
