using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fovea.Tests.Evaluation.Answers;

/// <summary>A judge on this machine that does to each prompt, one try after another, what the test says; the last is repeated.</summary>
internal sealed class JudgeServer : IDisposable
{
    /// <summary>No answer at all.</summary>
    public const string Silence = "silence";

    /// <summary>A body that breaks off before its stated length.</summary>
    public const string Half = "half";

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentDictionary<string, int> _tries = new();
    private readonly Dictionary<string, string[]> _script;

    public JudgeServer(Dictionary<string, string[]> script)
    {
        _script = script;
        _listener.Start();
        _ = Task.Run(AcceptAsync);
    }

    public Uri Url => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/v1");

    /// <summary>The last request's body, and its key.</summary>
    public JsonNode? Body { get; private set; }

    public string Head { get; private set; } = "";

    public int Tries(string prompt) => _tries.GetValueOrDefault(prompt);

    public static string Message(string text) =>
        "200 OK\n" + JsonSerializer.Serialize(new { choices = new[] { new { message = new { content = text } } }, usage = new { prompt_tokens = 10, completion_tokens = 2 } });

    public void Dispose()
    {
        _end.Cancel();
        _listener.Dispose();
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = AnswerAsync(await _listener.AcceptTcpClientAsync(_end.Token));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task AnswerAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                var stream = client.GetStream();
                var (head, body) = await ReadAsync(stream);
                (Head, Body) = (head, JsonNode.Parse(body));
                var prompt = Body!["messages"]!.AsArray()[^1]!["content"]!.GetValue<string>();
                var number = _tries.AddOrUpdate(prompt, 1, (_, n) => n + 1);
                var what = _script[prompt][Math.Min(number, _script[prompt].Length) - 1];
                if (what == Silence)
                {
                    await Task.Delay(Timeout.Infinite, _end.Token);
                }

                var text = what == Half ? Message("Rating: 5") : what;
                var (status, content) = (text[..text.IndexOf('\n', StringComparison.Ordinal)], text[(text.IndexOf('\n', StringComparison.Ordinal) + 1)..]);
                var bytes = Encoding.UTF8.GetBytes(content);
                var sent = what == Half ? bytes[..(bytes.Length / 2)] : bytes;
                await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Length: {bytes.Length}\r\nConnection: close\r\n\r\n"), _end.Token);
                await stream.WriteAsync(sent, _end.Token);

                // Close in order: a socket that is closed at once may take along what its peer has not read yet.
                client.Client.Shutdown(SocketShutdown.Send);
                await stream.CopyToAsync(Stream.Null, _end.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or IOException or SocketException or ObjectDisposedException)
            {
            }
        }
    }

    private static async Task<(string Head, string Body)> ReadAsync(NetworkStream stream)
    {
        var (bytes, buffer) = (new List<byte>(), new byte[4096]);
        while (true)
        {
            var text = Encoding.UTF8.GetString([.. bytes]);
            var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (end > 0 && bytes.Count - end - 4 >= int.Parse(text[(text.IndexOf("Content-Length: ", StringComparison.OrdinalIgnoreCase) + 16)..].Split('\r')[0], System.Globalization.CultureInfo.InvariantCulture))
            {
                return (text[..end], text[(end + 4)..]);
            }

            var read = await stream.ReadAsync(buffer);
            bytes.AddRange(buffer.AsSpan(0, read));
        }
    }
}
