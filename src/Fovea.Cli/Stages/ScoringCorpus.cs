using Fovea.Core.Errors;
using Fovea.Core.Samples;
using Fovea.Data.Templates;
using Fovea.Data.Tokenizers;

namespace Fovea.Cli.Stages;

/// <summary>A corpus to score or export: samples are tokenized only when their turn comes.</summary>
/// <param name="Corpus">The samples and their images.</param>
/// <param name="Tokenizer">The tokenizer.</param>
/// <param name="Encoder">What tokenizes them.</param>
/// <param name="TemplateName">The template that was asked for.</param>
internal sealed record ScoringCorpus(ICorpus Corpus, Tokenizer Tokenizer, ISampleEncoder Encoder, string TemplateName)
{
    /// <summary>Reads the records.</summary>
    /// <param name="data">The files.</param>
    /// <param name="modelFolder">The tokenizer's home.</param>
    /// <param name="view">With images or without.</param>
    /// <param name="template"><c>auto</c> as in training, <c>checkpoint</c> for the folder's own, or a name.</param>
    /// <param name="checkImages">Whether every image must be there before work begins.</param>
    /// <exception cref="InvalidInputException">A file is bad, an image is missing, or two files have one name.</exception>
    public static ScoringCorpus Open(IReadOnlyList<DataSource> data, string modelFolder, CorpusView view, string template, bool checkImages)
    {
        var tokenizer = Tokenizer.Load(modelFolder);
        var choice = template == TemplateChoice.Checkpoint ? TemplateChoice.ForModel(template, modelFolder, tokenizer) : TemplateChoice.Parse(template);
        var whole = new SampleEncoder(tokenizer, choice);
        return new ScoringCorpus(
            CorpusFiles.Open(data, checkImages && view == CorpusView.Image), tokenizer, view == CorpusView.TextOnly ? new TextOnlyEncoder(whole) : whole, template);
    }
}
