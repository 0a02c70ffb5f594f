using Fovea.Data.Tokenizers;

namespace Fovea.Data.Templates;

/// <summary>Renders samples with a chat template, tokenizes them and marks the targets. Thread-safe.</summary>
public sealed class SampleEncoder : ISampleEncoder
{
    private readonly Tokenizer _tokenizer;
    private readonly int _imageId;

    /// <summary>Makes the encoder.</summary>
    /// <param name="tokenizer">If it has no token <c>&lt;image&gt;</c>, texts are cut at that tag all the same.</param>
    /// <param name="templates">Which template a sample gets.</param>
    /// <exception cref="FoveaException">The template ends answers with a token that the tokenizer does not have.</exception>
    public SampleEncoder(Tokenizer tokenizer, TemplateChoice templates)
    {
        _tokenizer = tokenizer.IdOf(ImageTag.Text) is null ? tokenizer.WithAdded(ImageTag.Text, TokenizedSample.ImagePlaceholder) : tokenizer;
        _imageId = _tokenizer.IdOf(ImageTag.Text)!.Value;
        Templates = templates;
        PadId = tokenizer.PadId ?? tokenizer.UnkId ?? tokenizer.BosId ?? 0;
        EndId = EndIdOf(templates.Conversation);
    }

    /// <summary>The tokenizer.</summary>
    public Tokenizer Tokenizer => _tokenizer;

    /// <summary>Which template a sample gets.</summary>
    public TemplateChoice Templates { get; }

    public string TokenizerFingerprint => _tokenizer.Fingerprint;

    /// <summary>Id of padding: the tokenizer's, or its unknown token's, or its first token's.</summary>
    public int PadId { get; }

    /// <summary>Id of the token that ends an answer under the conversation template; see <see cref="EndIdOf"/> for another.</summary>
    public int EndId { get; }

    /// <summary>Id of the token that ends an answer under a template; the tokenizer's end token, else padding, where the template writes none.</summary>
    /// <exception cref="FoveaException">The tokenizer does not have it: a model would never learn to stop.</exception>
    public int EndIdOf(ChatTemplate template)
    {
        if (template.EndText.Length == 0)
        {
            return _tokenizer.EosId ?? PadId;
        }

        // Being in the vocabulary is not enough: Qwen's holds "</s>" as ordinary characters, which its tokenizer never joins.
        var last = _tokenizer.Encode("a" + template.EndText, addSpecialTokens: false).Ids[^1];
        return Blanks.Strip(template.EndText).Length == 0 || _tokenizer.IdOf(template.EndText) == last
            ? last
            : throw new FoveaException($"template {template.Name} ends answers with {template.EndText}, which {_tokenizer.File} has no token for; choose "
                + $"another template");
    }

    public TokenizedSample Encode(Sample sample) => Encode(sample, RenderAndTokenize(sample));

    /// <summary>The sample's text as its tokens cut it, each with whether it carries loss.</summary>
    /// <exception cref="InvalidInputException">As for <see cref="Encode(Sample)"/>.</exception>
    public MarkedSample Mark(Sample sample)
    {
        var seen = RenderAndTokenize(sample);
        var tokenized = Encode(sample, seen);
        return MarkedSample.Of(tokenized, seen.Template.Name, seen.Chat.Text, seen.Tokens.Spans, Shown);
    }

    /// <summary>A token that adds no character of its own; of byte-level tokens, part of a character is no letter.</summary>
    private string Shown(int id)
    {
        var text = TokenText(id);
        return !text.StartsWith("<0x", StringComparison.Ordinal)
            && _tokenizer.Decode([id], skipSpecialTokens: false).Contains('\uFFFD', StringComparison.Ordinal) ? "\uFFFD" : text;
    }

    private (ChatTemplate Template, RenderedChat Chat, TokenSequence Tokens) RenderAndTokenize(Sample sample)
    {
        var template = Templates.For(sample);
        var chat = template.Render(sample);
        return (template, chat, Tokenize(chat, template));
    }

    private TokenizedSample Encode(Sample sample, (ChatTemplate Template, RenderedChat Chat, TokenSequence Tokens) seen)
    {
        var (template, chat, tokens) = seen;
        var placeholders = tokens.Ids.Count(i => i == TokenizedSample.ImagePlaceholder);
        if (placeholders != sample.Images.Count)
        {
            throw new InvalidInputException(sample.Key.Source, sample.Key.Record,
                $"image_count: under template {template.Name} the text holds {placeholders} {ImageTag.Text} tokens for {sample.Images.Count} image files");
        }

        var (targets, owners) = LossRule.FindTargets(chat, tokens.Spans);
        if (targets.Count == 0)
        {
            throw new InvalidInputException(sample.Key.Source, sample.Key.Record, $"no_target: under template {template.Name} no token carries loss");
        }

        var spans = new TargetSpan[targets.Count];
        var ends = new List<int>();
        for (var k = 0; k < spans.Length; k++)
        {
            var (token, answer) = (tokens.Spans[targets[k]], owners[k]);
            var lastOfAnswer = k + 1 == spans.Length || owners[k + 1] != answer;
            if (lastOfAnswer && token.End > answer.TextEnd)
            {
                ends.Add(k);
            }

            spans[k] = new TargetSpan(answer.Turn, Place(token.Start, answer), Place(token.End, answer));
        }

        int[] targetIds = [.. targets.Select(t => tokens.Ids[t])];
        return new TokenizedSample
        {
            Key = sample.Key,
            Id = sample.Id,
            InputIds = tokens.Ids,
            TargetIndices = [.. targets],
            EndTargets = [.. ends],
            TargetSpans = spans,
            Images = sample.Images,
            TextFingerprint = SampleFingerprint.OfText(_tokenizer.Fingerprint, targetIds, spans),
            ContextFingerprint = SampleFingerprint.OfContext(tokens.Ids),
            ConversationFingerprint = TextOnlyEncoder.TextOf(sample, template, chat) is { } text ? SampleFingerprint.OfConversation(text) : null,
        };
    }

    /// <remarks>The turn may also be the one after the last, where a sample ends with its question.</remarks>
    public int[] EncodePrompt(Sample sample, int answerTurn)
    {
        if (answerTurn == sample.Turns.Count)
        {
            sample = sample with { Turns = [.. sample.Turns, new Turn(Role.Assistant, "")] };
        }

        if (answerTurn < 0 || answerTurn >= sample.Turns.Count || sample.Turns[answerTurn].Role != Role.Assistant)
        {
            throw new ArgumentOutOfRangeException(nameof(answerTurn), answerTurn, $"{sample.Key}: turn {answerTurn} is no answer");
        }

        var template = Templates.For(sample);
        return Tokenize(template.Render(sample, answerTurn), template).Ids;
    }

    public string Decode(IReadOnlyList<int> ids) => _tokenizer.Decode(ids, skipSpecialTokens: true);

    public string TokenText(int id) => _tokenizer.TokenText(id).Replace('\u2581', ' ');

    private TokenSequence Tokenize(RenderedChat chat, ChatTemplate template)
    {
        var (ids, spans, at) = (new List<int>(), new List<TextSpan>(), 0);
        foreach (var segment in chat.Segments)
        {
            var isFirst = true;
            foreach (var piece in Pieces(segment))
            {
                var tokens = _tokenizer.Encode(piece, template.AddsSpecialTokens && isFirst);
                ids.AddRange(tokens.Ids.Select(i => i == _imageId ? TokenizedSample.ImagePlaceholder : i));
                spans.AddRange(tokens.Spans.Select(s => s.IsInText ? new TextSpan(s.Start + at, s.End + at) : s));
                at += piece.Length;
                isFirst = false;
            }
        }

        return new TokenSequence([.. ids], [.. spans]);
    }

    /// <summary>
    /// What is tokenized at once: the whole segment, but for a SentencePiece model, where LLaVA cuts the text at <c>&lt;image&gt;</c>: each piece
    /// between is a text with a leading blank of its own, be the tokenizer "legacy" or not.
    /// </summary>
    private List<string> Pieces(string segment)
    {
        if (!_tokenizer.IsSentencePieceModel)
        {
            return [segment];
        }

        var pieces = new List<string>();
        foreach (var text in segment.Split(ImageTag.Text))
        {
            pieces.AddRange(pieces.Count == 0 ? [text] : [ImageTag.Text, text]);
        }

        return pieces;
    }

    /// <summary>A place in the rendered text as a place in the turn's own text, clamped to it.</summary>
    private static int Place(int at, AnswerPlace answer) => Math.Clamp(at, answer.TextStart, answer.TextEnd) - answer.TextStart + answer.TextOffset;
}
