using System.Buffers.Binary;

namespace Fovea.Data.Templates;

/// <summary>What scores and weights are held to: hashes of a sample's targets, of its whole context, and of its text without images.</summary>
internal static class SampleFingerprint
{
    /// <summary>Hash of tokenizer, target ids and turn boundaries.</summary>
    public static string OfText(string tokenizer, int[] targetIds, TargetSpan[] spans) => Of(tokenizer, targetIds, spans);

    public static string OfContext(int[] ids) => Of("", ids, []);

    /// <summary>Hash of what a text-only reference reads.</summary>
    public static string OfConversation(string text) => ContentHash.OfText("conversation\n" + text);

    private static string Of(string tokenizer, int[] ids, TargetSpan[] spans)
    {
        var turns = string.Join(',', spans.GroupBy(s => s.Turn).Select(g => $"{g.Key}:{g.Count()}"));
        var head = System.Text.Encoding.UTF8.GetBytes($"{tokenizer}\n{turns}\n");
        var bytes = new byte[head.Length + ids.Length * sizeof(int)];
        head.CopyTo(bytes, 0);
        for (var i = 0; i < ids.Length; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(head.Length + i * sizeof(int)), ids[i]);
        }

        return ContentHash.OfBytes(bytes);
    }
}
