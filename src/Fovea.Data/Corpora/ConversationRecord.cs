using System.Text;
using Fovea.Core.Json;
using Fovea.Data.Templates;

namespace Fovea.Data.Corpora;

/// <summary>
/// One record as a sample: LLaVA's <c>{"id"?, "image"?, "conversations": [{"from", "value"}]}</c>, or chat messages,
/// <c>{"id"?, "images"?, "messages": [{"role", "content"}]}</c>, whose content is a text or a list of parts. One text gives one
/// sample, whichever form it comes in. Other keys are ignored.
/// </summary>
internal static class ConversationRecord
{
    private static readonly string[] TurnLists = ["conversations", "messages"];

    /// <exception cref="InvalidInputException">The record is no valid conversation.</exception>
    public static Sample Read(SampleKey key, ForeignJson record, ImageFolder folder)
    {
        record.Require(JsonValueKind.Object);
        var list = Turns(record);
        var named = new List<string>();
        var turns = list.Items().Select(t => Turn(t, named)).ToList();
        var images = Images(record);
        if (named.Count > 0 && images.Count > 0)
        {
            throw record.Error($"image_count: {named.Count} images are named in the messages and {images.Count} by the record; name them in one place");
        }

        images = named.Count > 0 ? named : images;
        if (list.Place == "messages" && images.Count > 0)
        {
            turns = WithTags(turns, images.Count);
        }

        if (ConversationRules.FirstBroken(turns, images.Count) is { } broken)
        {
            throw record.Error(broken);
        }

        if (images.Select(folder.Refuse).FirstOrDefault(r => r is not null) is { } refusal)
        {
            throw record.Error(refusal);
        }

        return new Sample(key, Id(record), images, [.. turns.Select(t => new Turn(RoleOf(t.From), t.Value))]) { ImageRoot = folder.Root };
    }

    private static ForeignJson Turns(ForeignJson record)
    {
        var lists = TurnLists.Select(record.Optional).OfType<ForeignJson>().ToList();
        if (lists.Count == 1)
        {
            return lists[0];
        }

        if (lists.Count > 1)
        {
            throw record.Error("both \"conversations\" and \"messages\" are given; keep one");
        }

        if (TurnLists.FirstOrDefault(t => record.Keys().Contains(t)) is { } isNull)
        {
            throw record.Error($"\"{isNull}\": expected a value, got null");
        }

        throw record.Error($"the key \"conversations\" is missing (or \"messages\"){LooksLike(record)}");
    }

    /// <summary>What a record without turns may be.</summary>
    private static string LooksLike(ForeignJson record)
    {
        var keys = record.Keys().ToList();
        return keys.Contains("images") && keys.Contains("annotations") ? "; the file looks like COCO captions: leave out --format, or give --format coco"
            : keys.Count == 1 && record.Element.GetProperty(keys[0]).ValueKind == JsonValueKind.Array
                ? $"; the file is one object around a list: give the list under \"{keys[0]}\" as the file"
            : keys.Count == 0 ? "; the record is empty"
            : $"; the record has {string.Join(", ", keys.Take(6).Select(Short))}";
    }

    private static string Short(string key) => $"\"{Quoted.Shorten(key, 30)}\"";

    private static (string From, string Value) Turn(ForeignJson turn, List<string> named)
    {
        var (from, role) = (turn.Optional("from"), turn.Optional("role"));
        if (from is not null && role is not null)
        {
            throw turn.Error("both \"from\" and \"role\" are given; keep one");
        }

        return role is not null && from is null
            ? (Speaker(role.Text()), Content(turn.Field("content"), named))
            : (Speaker(turn.Field("from").Text()), turn.Field("value").Text());
    }

    private static string Speaker(string name) => name switch { "user" => "human", "assistant" => "gpt", _ => name };

    private static string Content(ForeignJson content, List<string> named) => content.Element.ValueKind switch
    {
        JsonValueKind.Array => Joined(content.Items().Select(p => Part(p, named))),
        JsonValueKind.String => content.Text(),
        _ => throw content.Expected("a text or a list of parts"),
    };

    /// <summary>A part of a message: its text, or the tag of its image, whose file it may name.</summary>
    private static string Part(ForeignJson part, List<string> named)
    {
        switch (part.Field("type").Text())
        {
            case "text":
                return part.Field("text").Text();
            case "image":
                if ((part.Optional("image") ?? part.Optional("path") ?? part.Optional("url")) is { } name)
                {
                    named.Add(FileName(name));
                }

                return ImageTag.Text;
            case "image_url":
                var url = part.Field("image_url");
                named.Add(FileName(url.Element.ValueKind == JsonValueKind.Object ? url.Field("url") : url));
                return ImageTag.Text;
            case var other:
                throw part.Error($"unknown_part: \"type\" is \"{other}\"; expected text, image or image_url");
        }
    }

    private static string FileName(ForeignJson name)
    {
        var text = name.Text();
        return text.StartsWith("data:", StringComparison.Ordinal) || text.Contains("://", StringComparison.Ordinal)
            ? throw name.Error($"expected a file name below the image folder, got the address {Short(text)}; store the image as a file")
            : text;
    }

    /// <summary>Parts as one text, each image on a line of its own, as LLaVA writes it.</summary>
    private static string Joined(IEnumerable<string> parts)
    {
        var (text, afterTag) = (new StringBuilder(), false);
        foreach (var part in parts.Where(p => p.Length > 0))
        {
            if (text.Length > 0 && (afterTag || part == ImageTag.Text) && text[^1] != '\n' && part[0] != '\n')
            {
                text.Append('\n');
            }

            text.Append(part);
            afterTag = part == ImageTag.Text;
        }

        return text.ToString();
    }

    /// <summary>TRL's rule for messages that name images and place none: they come before the first question.</summary>
    private static List<(string From, string Value)> WithTags(List<(string From, string Value)> turns, int images)
    {
        var first = turns.FindIndex(t => t.From == "human");
        if (first < 0 || turns.Exists(t => t.Value.Contains(ImageTag.Text, StringComparison.Ordinal)))
        {
            return turns;
        }

        turns[first] = ("human", Joined([.. Enumerable.Repeat(ImageTag.Text, images), turns[first].Value]));
        return turns;
    }

    private static Role RoleOf(string from) => from switch { "system" => Role.System, "human" => Role.Human, _ => Role.Assistant };

    private static string? Id(ForeignJson record) => record.Optional("id") switch
    {
        null => null,
        { Element.ValueKind: JsonValueKind.String } id => id.Text(),
        { Element.ValueKind: JsonValueKind.Number } id => id.Element.GetRawText(),
        var other => throw other.Expected("a text or a number"),
    };

    private static List<string> Images(ForeignJson record)
    {
        var (image, images) = (record.Optional("image"), record.Optional("images"));
        return image is not null && images is not null
            ? throw record.Error("both \"image\" and \"images\" are given; keep one")
            : (image ?? images) switch
            {
                null => [],
                { Element.ValueKind: JsonValueKind.String } one => [one.Text()],
                { Element.ValueKind: JsonValueKind.Array } many => [.. many.Items().Select(i => i.Text())],
                var other => throw other.Expected("a file name or a list of file names"),
            };
    }
}
